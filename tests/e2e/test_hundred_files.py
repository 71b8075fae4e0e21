"""A hundred files through the command while the annotator is killed twice: nothing is lost, nothing
comes twice, and every byte is right."""

import contextlib
import gzip
import hashlib
import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
import smoke

from gas_client import Gas
from tests.e2e.person import Person
from tests.e2e.test_client import token_of
from tests.support.installation import Installation
from tests.support.waiting import wait_until

FILES, KILLS = 100, 2


@pytest.fixture
def installation(tmp_path: Path) -> Iterator[Installation]:
    # Heartbeats as quick as that, so that a killed job is taken up again within seconds.
    made = Installation(tmp_path / "data", environment={"GAS_LEASE_SECONDS": "10"})
    made.start()
    yield made
    made.stop()


def file_of(number: int) -> bytes:
    """Small files, each unlike all others."""
    rows = "".join(f"MT\t8860\tfile{number}r{r}\tA\tG\t.\tPASS\t.\n" for r in range(200))
    return (smoke.BUILT_IN + rows).encode()


def kill_annotator(installation: Installation) -> None:
    """kill -9 of the annotator and of the engine below it; the supervisor starts another."""
    found = [
        process
        for process in installation.processes()
        if "annotator.ini" in [Path(word).name for word in process.cmdline()]
    ]
    assert found, "there is no annotator to kill"
    for process in [*found[0].children(recursive=True), *found]:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.kill()


@pytest.mark.slow
@pytest.mark.timeout(1500)
def test_every_result_arrives_exactly_once(installation: Installation, tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    contents = {f"f{n:03}.vcf": file_of(n) for n in range(FILES)}
    for name, content in contents.items():
        (tmp_path / "in" / name).write_bytes(content)
    with Person(installation.web) as person:
        person.upgrade()
        token = token_of(person)
    environment = {"GAS_URL": installation.web, "GAS_TOKEN": token, "HOME": str(tmp_path)}
    command = [str(Path(sys.executable).with_name("gas")), "annotate"]
    command += [*sorted(str(path) for path in (tmp_path / "in").iterdir())]
    with subprocess.Popen(
        [*command, "-o", str(tmp_path / "out"), "--json", "--parallel", "16"],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as gas:
        errors: list[str] = []
        reader = threading.Thread(target=lambda: errors.extend(gas.stderr or ()))
        reader.start()
        with Gas(installation.web, token) as watcher:
            for part in range(1, KILLS + 1):
                share = part * FILES // (KILLS + 2)
                wait_until(lambda: ended(watcher) >= share, seconds=600, every=1)  # noqa: B023
                kill_annotator(installation)
        told = [json.loads(line) for line in gas.stdout or ()]
        gas.wait(60)
        reader.join(10)
    assert gas.returncode == 0, errors

    assert sorted(Path(each["file"]).name for each in told) == sorted(contents)
    jobs = {each["job"]["job_id"] for each in told}
    assert len(jobs) == FILES
    with Gas(installation.web, token) as watcher:
        assert [job.job_id for job in watcher.jobs() if job.job_id not in jobs] == []
        attempts = sum(job.attempts for job in watcher.jobs())
    assert attempts > FILES, "no job was interrupted by the kills: they proved nothing"
    for each in told:
        check(each, contents)
    assert len(list((tmp_path / "out").iterdir())) == FILES, "one result of each, and no .part"


def ended(gas: Gas) -> int:
    return gas.account().jobs.get("COMPLETED", 0)


def check(told: dict[str, object], contents: dict[str, bytes]) -> None:
    """The result is the job's by its checksum, and the input's by its records."""
    (place,) = told["files"]  # type: ignore[misc]
    received = Path(place).read_bytes()
    job = told["job"]
    files = {f["kind"]: f for f in job["results"]["files"]}  # type: ignore[index]
    assert hashlib.sha256(received).hexdigest() == files["annotated"]["sha256"]
    records = gzip.decompress(received).splitlines()
    ids = [r.split(b"\t")[2] for r in records if not r.startswith(b"#")]
    given = contents[Path(str(told["file"])).name].splitlines()
    assert ids == [r.split(b"\t")[2] for r in given if not r.startswith(b"#")]
