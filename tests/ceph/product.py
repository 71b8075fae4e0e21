"""The whole product with the gateway as its file store: no code of it knows."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from pathlib import Path

import httpx
import smoke

from gas.object_store import Fence
from local.paths import REPOSITORY
from tests.ceph.proofs import Gateway
from tests.e2e.person import Person
from tests.support.installation import Installation
from tests.support.waiting import wait_until

PATIENCE = 600
"""Seconds for whatever the machine's load may slow down."""
_CONTRACTS = ("test_blob_store.py", "test_part_store.py")


def settings(gateway: Gateway) -> dict[str, str]:
    """What an installation is told to keep its files on the gateway."""
    return {
        "GAS_S3_URL": gateway.url,
        "GAS_S3_ACCESS_KEY_ID": gateway.access_key_id,
        "GAS_S3_SECRET_ACCESS_KEY": gateway.secret_access_key,
        "GAS_S3_FENCE": Fence.VERSION.value,
        "GAS_COLD_STORE": "bucket",
    }


def contracts(environment: dict[str, str]) -> str:
    """The contract tests of our stores, on the gateway; the last line of pytest."""
    folder = REPOSITORY / "tests" / "integration" / "ports"
    tests = [str(folder / name) for name in _CONTRACTS]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-k", "other", "--timeout", str(PATIENCE), *tests],
        env=environment,
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-3000:]
    return done.stdout.strip().splitlines()[-1]


@contextmanager
def running(data: Path, environment: dict[str, str]) -> Iterator[Installation]:
    """The embedded default with its files on the gateway."""
    made = Installation(data, environment={**environment, "GAS_FREE_WINDOW_SECONDS": "20"})
    try:
        made.start(seconds=PATIENCE)
        yield made
    finally:
        made.stop()


def main_job(installation: Installation) -> str:
    """What `make smoke` does: signed upload, annotation, downloads, mail."""
    done = subprocess.run(
        [
            *(sys.executable, str(REPOSITORY / "scripts" / "smoke.py"), installation.web),
            *("--mailbox", installation.mailbox, "--timeout", str(PATIENCE)),
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout.strip().splitlines()[-1].strip()


def lost_browser(installation: Installation) -> str:
    """The browser dies after the upload: the gateway's event makes the job."""
    with Person(installation.web) as person:
        page = smoke.log_in(person.client, person.web, person.email)
        signed = person.client.post(
            f"{person.web}/annotate/uploads",
            json={"file_name": "lost.vcf", "size": len(smoke.BUILT_IN)},
            headers={
                "X-CSRFToken": page.meta["csrf-token"],
                "Referer": page.url,
                **smoke.ACCEPT_JSON,
            },
        ).json()
        file = {"file": ("lost.vcf", smoke.BUILT_IN.encode())}
        assert httpx.post(signed["url"], data=signed["fields"], files=file).status_code < 400
        address = f"{person.web}/annotations/{signed['job_id']}"

        def is_there() -> bool:
            return person.client.get(address).status_code == HTTPStatus.OK

        # The sweeper would make it too, but only of uploads older than some minutes.
        wait_until(is_there, seconds=120, every=0.5)
        person.finished(signed["job_id"], PATIENCE)
    return "registered by the event, COMPLETED"


def archive_and_back(installation: Installation) -> str:
    """Results go into the cold bucket, and come back byte by byte after the upgrade."""
    with Person(installation.web) as person:
        job_id = person.annotate()
        person.finished(job_id, PATIENCE)
        sums = person.remember(job_id)
        person.wait_for_state(job_id, "ARCHIVED", PATIENCE)
        person.upgrade(PATIENCE)
        person.wait_for_state(job_id, "AVAILABLE", PATIENCE)
        assert {name: person.sha256(job_id, name) for name in sums} == sums
    return f"ARCHIVED, upgraded, AVAILABLE: {len(sums)} files with the same SHA-256"
