"""docs/client.md: every command and every example in it runs."""

import os
import re
import shlex
from pathlib import Path

import pytest

from gas_client import transport
from gas_client.cli import exits
from tests.unit.client.conftest import Command
from tests.unit.client.service import TOKEN, URL, Service

ROOT = Path(__file__).parents[3]
DOCS = [(ROOT / "docs" / name).read_text() for name in ("client.md", "pipelines.md")]
BLOCKS = [block for text in DOCS for block in re.findall(r"```\n(.*?)```", text, re.DOTALL)]
GAS = re.compile(r"(?:^|\| )gas (?=[a-z-])")
LINES = [line for block in BLOCKS for line in block.splitlines() if GAS.search(line)]
EXAMPLES = re.findall(r"```python\n(.*?)```", DOCS[0], re.DOTALL)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the files lie that the examples name."""
    monkeypatch.chdir(tmp_path)
    for name in ("sample.vcf", "other.vcf", "sample.vcf.gz", "a.vcf"):
        (tmp_path / name).write_text(f"{name}\n")
    (tmp_path / "token.txt").write_text(TOKEN)
    return tmp_path


def test_there_is_something_to_run() -> None:
    assert len(LINES) >= 25
    assert len(EXAMPLES) == 2


@pytest.mark.parametrize("line", LINES)
def test_a_command_runs(line: str, folder: Path, run: Command, service: Service) -> None:
    if "--install-completion" in line:  # it writes into the shell's own files
        line = "gas --show-completion"
    service.looks_to_end = 2
    ended = {"show", "log", "get"} & set(line.split())
    job = service.add("done.vcf", status="COMPLETED" if ended else "PENDING")
    command = GAS.split(line)[1]
    words = shlex.split(re.sub(r" > \S+$", "", command), comments=True)
    given = [w for w in words if w not in ("…", "--file", "annotated", "table", "all")]
    given = [job if word == "JOB" else word for word in given]
    given = [found for word in given for found in (_globbed(word, folder))]
    typed = TOKEN if "login" in given else "20:1:A:G\n"
    done = run(*given, input=typed, env={"SHELL": "/bin/bash"})
    assert done.exit_code == 0, f"{given}: {done.output}"


@pytest.mark.parametrize("example", EXAMPLES)
def test_an_example_runs(
    example: str, folder: Path, service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    usual = transport.settings
    monkeypatch.setattr(
        transport, "settings", lambda t: {**usual(t), "transport": service.transport()}
    )
    exec(compile(example, "docs/client.md", "exec"), {"url": URL, "token": TOKEN, "print": str})
    assert (folder / "results" / "sample.annot.vcf.gz").read_bytes() == b"annotated sample.vcf\n"


def test_the_exit_codes_are_the_documented_ones() -> None:
    told = {int(code) for code in re.findall(r"^\| (\d+) \|", DOCS[0], re.MULTILINE)}
    assert told == {v for k, v in vars(exits).items() if k.isupper() and isinstance(v, int)}


def _globbed(word: str, folder: Path) -> list[str]:
    return sorted(os.fspath(p) for p in folder.glob(word)) if "*" in word else [word]
