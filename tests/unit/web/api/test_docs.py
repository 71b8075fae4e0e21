"""docs/api.md: its example runs, line by line, and the operations it names exist."""

import json
import re
import shlex
from pathlib import Path

from tests.unit.web.api.conftest import issue
from tests.unit.web.conftest import World, complete

DOCS = (Path(__file__).parents[4] / "docs" / "api.md").read_text(encoding="utf-8")
LINES = re.search(r"```sh\n(.*?)```", DOCS, re.DOTALL)[1].splitlines()  # type: ignore[index]


def test_the_example_leads_from_a_file_to_its_results(world: World) -> None:
    token = issue(world)
    names = {"GAS": "", "auth": f"Authorization: Bearer {token}", "JOB_ID": ""}
    uploaded: dict[str, str] = {}
    asked = 0
    for line in LINES:
        found = re.search(r"curl (.*?)\)?$", line.split(" # ")[0].rstrip())
        if line.startswith(("GAS=", "auth=", "#")) or found is None:
            continue
        key = json.dumps(uploaded.get("key", "")).replace('"', '\\"')
        text = found[1].replace("$(uuidgen)", "b6a1").replace('$(jq .key <<<"$up")', key)
        text = text.replace("$GAS", names["GAS"]).replace("$auth", names["auth"])
        answer = curl(world, shlex.split(text.replace("JOB_ID", names["JOB_ID"])))
        asked += 1
        if line.startswith("up="):
            uploaded = answer
            fields = answer["fields"]
            metadata = {k.removeprefix("x-amz-meta-"): v for k, v in fields.items()}  # type: ignore[attr-defined]
            world.inputs.put(answer["key"], b"x" * 12345, metadata=metadata)
        elif not names["JOB_ID"]:
            names["JOB_ID"] = answer["job_id"]
            job = world.jobs.get(answer["job_id"])
            assert job is not None
            complete(world, job)
    assert asked == 4
    assert "sha256" in answer


def curl(world: World, words: list[str]) -> dict[str, str]:
    """What curl would be answered, which knows `-s`, `-H`, `--json` and an address here."""
    headers, body, path = {}, None, ""
    rest = iter(words)
    for word in rest:
        if word == "-H":
            name, _, value = next(rest).partition(": ")
            headers[name] = value
        elif word == "--json":
            body = json.loads(next(rest))
        elif word != "-s":
            path = word
    method = "GET" if body is None else "POST"
    answer = world.client().open(path, method=method, headers=headers, json=body)
    assert answer.status_code < 300, f"{path}: {answer.text}"
    found: dict[str, str] = answer.json
    return found


def test_every_operation_it_names_is_there(world: World) -> None:
    paths = world.client().get("/api/v1/openapi.json").json["paths"]
    there = {re.sub(r"{\w+}", "JOB_ID", path) for path in paths}
    named = set(re.findall(r"`(?:POST |GET )?(/(?:jobs|uploads|variants)[\w/]*)[?`]", DOCS))
    assert len(named) >= 3
    assert named <= there
