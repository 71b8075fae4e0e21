"""The command `gas` and the examples of its documentation, against the whole product."""

import hashlib
import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import smoke

from gas_client import Gas, GasError
from tests.e2e.conftest import Product
from tests.e2e.person import Person

SAMPLE = Path(__file__).parents[2] / "samples/famous_variants.vcf"
# Some twenty processes, and the product's start, which counts for the first test.
pytestmark = pytest.mark.timeout(300)

Command = Callable[..., subprocess.CompletedProcess[str]]


def token_of(person: Person, name: str = "test") -> str:
    """A token that the person makes on the page, as people do."""
    page = smoke.Page(person.client.get(f"{person.web}/account/tokens").raise_for_status())
    form = next(f for f in page.forms if f.action.endswith("/account/tokens"))
    scopes = ["jobs:read", "jobs:write", "variants:read", "account:read"]
    answer = person.client.post(
        form.action,
        data={"csrf_token": form.fields["csrf_token"], "name": name, "scope": scopes, "days": "7"},
        headers={"Referer": page.url},
    )
    found = re.search(r'id="fresh">(gaspat_\w+)<', answer.text)
    assert found, answer.text[:500]
    return found[1]


def command_of(folder: Path, **environment: str) -> Command:
    """The command as a user runs it who has this folder as their home."""
    usual = {k: v for k, v in os.environ.items() if not k.startswith(("GAS_", "XDG_"))}
    usual |= {"HOME": str(folder), **environment}

    def run(*words: str, text: str | None = None) -> subprocess.CompletedProcess[str]:
        command = [str(Path(sys.executable).with_name("gas")), *words]
        return subprocess.run(
            command, input=text, capture_output=True, text=True, timeout=110, env=usual, cwd=folder
        )

    return run


@pytest.fixture
def person(product: Product) -> Iterator[Person]:
    with Person(product.web) as made:
        yield made


def good(done: subprocess.CompletedProcess[str]) -> str:
    assert done.returncode == 0, f"{done.args}: {done.stdout} {done.stderr}"
    return done.stdout


def document(done: subprocess.CompletedProcess[str]) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(good(done))
    return found


def test_from_a_file_to_its_results(product: Product, person: Person, tmp_path: Path) -> None:
    gas = command_of(tmp_path, GAS_URL=product.web, GAS_TOKEN=token_of(person))
    annotated = document(gas("annotate", str(SAMPLE), "-o", "out", "--file", "all", "--json"))
    job = annotated["job"]["job_id"]
    assert annotated["job"]["status"] == "COMPLETED"
    told = {f["name"]: f["sha256"] for f in annotated["job"]["results"]["files"]}
    found = {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest()
        for path in (tmp_path / "out").iterdir()
    }
    assert found == told
    assert len(found) >= 5

    assert job in good(gas("jobs", "--status", "completed"))
    assert "COMPLETED" in good(gas("show", job))
    assert good(gas("log", job))
    good(gas("get", job, "-o", "again"))
    assert set(os.listdir(tmp_path / "again")) < set(found)

    through = gas("annotate", "-", "--wait", "--file", "log", text=smoke.BUILT_IN)
    assert "6" in good(through)
    second = good(gas("rerun", job, "--strict")).split("\t")[0]
    assert gas("cancel", second).returncode in (0, 4), "it may have ended already"
    assert gas("watch", second).returncode in (0, 1)
    good(gas("delete", second, "--yes"))
    assert gas("show", second).returncode == 4


def test_from_login_to_logout(product: Product, person: Person, tmp_path: Path) -> None:
    gas, token = command_of(tmp_path), token_of(person)
    good(gas("login", product.web, "--token", "-", text=token))
    assert document(gas("whoami", "--json"))["account"]["email"] == person.email
    variants = good(gas("variants", "20:4680251:A:G", "ENST00000379440.9:c.385A>G"))
    assert variants.count("PRNP") == 2
    assert "demo" in good(gas("packs"))

    good(gas("logout"))
    assert gas("whoami").returncode == 3
    anew = gas("login", product.web, "--token", "-", text=token)
    assert anew.returncode == 3, "the token was revoked"
    assert token not in anew.stdout + anew.stderr


def test_a_file_that_is_no_vcf_ends_with_1_and_the_remedy(
    product: Product, person: Person, tmp_path: Path
) -> None:
    gas = command_of(tmp_path, GAS_URL=product.web, GAS_TOKEN=token_of(person))
    done = gas("annotate", "-", "--name", "letter.vcf", "--wait", text="Dear sir,\n")
    assert done.returncode == 1
    assert done.stdout == ""
    assert "Error: letter.vcf" in done.stderr


def test_a_file_in_parts_goes_on_where_it_broke_off(
    product: Product, person: Person, tmp_path: Path
) -> None:
    person.upgrade()
    path = tmp_path / "large.vcf"
    rows = "".join(f"MT\t8860\tr{n}\tA\tG\t.\tPASS\t{'x' * 2000}\n" for n in range(9_000))
    path.write_text(smoke.BUILT_IN + rows)
    with Gas(product.web, token_of(person), state=tmp_path, parts_from=1024 * 1024) as gas:

        class Broke(GasError):
            pass

        def breaks(done: int, _total: int) -> None:
            if done > 17 * 1024 * 1024:
                raise Broke("the line is dead")

        with pytest.raises(Broke):
            gas.annotate(path, watch=breaks)
        sent: list[int] = []
        job = gas.annotate(path, wait=True, watch=lambda done, _total: sent.append(done))
        assert job.is_completed
        assert job.receipt is not None
        assert job.receipt.records_in == 9_006
        assert [found.job_id for found in gas.jobs()] == [job.job_id], "one file, one job"
