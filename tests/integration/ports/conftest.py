"""The worlds in which the port contracts hold: the fakes, moto, and the embedded cloud."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import boto3
import botocore.session
import httpx
import pytest
from moto import mock_aws

from gas.clock import SystemClock
from gas.ledger import ResultsLedger
from gas.messages import ArchiveRetrieved
from gas.ports import BlobStore, JobStore, Queue
from gas.testing import MemoryBlobStore, MemoryJobStore, MemoryLedger, MemoryQueue
from local.addresses import free_addresses
from tests.support.aws import OTHER_STORE, AwsWorld, make_aws_world, make_cold_stores
from tests.support.cold import ColdWorld, EmbeddedCold, MemoryCold
from tests.support.waiting import wait_until

#: Where addresses that were signed can be visited: moto's cannot.
VISITED = ["embedded", *(["other"] if OTHER_STORE else [])]


@pytest.fixture(scope="session")
def embedded_cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    """Address and data folder of an embedded cloud of this test run."""
    data: Path = tmp_path_factory.mktemp("cloud")
    addresses = free_addresses()
    port, relay = addresses.cloud, addresses.relay
    command = [sys.executable, "-m", "local.cloud", "--data", str(data)]
    command += ["--port", str(port), "--relay-port", str(relay)]
    address = f"http://127.0.0.1:{port}"
    with (data / "cloud.log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log)
    try:
        wait_until(lambda: _answers(f"{address}/_gas/health"), seconds=30)
        yield address, data
    finally:
        process.terminate()
        process.wait(20)


@pytest.fixture(scope="session")
def embedded_session(embedded_cloud: tuple[str, Path]) -> boto3.Session:
    """Root credentials for the embedded cloud.

    Its address stands in a configuration file of the session's own: the environment is shared with
    moto, which puts all of it back as it was whenever one of its worlds ends.
    """
    address, data = embedded_cloud
    key = json.loads((data / "root-key.json").read_text())
    config = data / "aws-config"
    config.write_text(f"[default]\nendpoint_url = {address}\n", encoding="utf-8")
    core = botocore.session.Session()
    core.set_config_variable("config_file", str(config))
    return boto3.Session(
        aws_access_key_id=key["key_id"],
        aws_secret_access_key=key["secret"],
        region_name="us-east-1",
        botocore_session=core,
    )


@pytest.fixture
def moto_session() -> Iterator[boto3.Session]:
    """A fresh account in moto."""
    with mock_aws():
        yield boto3.Session(
            aws_access_key_id="test", aws_secret_access_key="test", region_name="us-east-1"
        )


@pytest.fixture(params=["moto", *VISITED])
def aws(request: pytest.FixtureRequest) -> AwsWorld:
    """The AWS adapters, in each world in turn."""
    return aws_world_of(request, request.param)


@pytest.fixture(params=VISITED)
def aws_over_http(request: pytest.FixtureRequest) -> AwsWorld:
    """The AWS adapters where signed addresses can be visited."""
    return aws_world_of(request, request.param)


@pytest.fixture(params=["memory", "moto", "embedded"])
def jobs(request: pytest.FixtureRequest) -> JobStore:
    if request.param == "memory":
        return MemoryJobStore()
    return aws_world_of(request, request.param).jobs


@pytest.fixture(params=["memory", "moto", "embedded"])
def results_books(request: pytest.FixtureRequest) -> tuple[JobStore, ResultsLedger]:
    """A job store, and the ledger of the same jobs."""
    if request.param == "memory":
        jobs = MemoryJobStore()
        return jobs, MemoryLedger(jobs)
    world = aws_world_of(request, request.param)
    return world.jobs, world.ledger


@pytest.fixture(params=["memory", "embedded"])
def contended_jobs(request: pytest.FixtureRequest) -> JobStore:
    """For many writers at once; moto checks a condition and writes without a lock in between."""
    if request.param == "memory":
        return MemoryJobStore()
    return aws_world_of(request, request.param).jobs


@pytest.fixture(params=["memory", "moto", *VISITED])
def blobs(request: pytest.FixtureRequest) -> BlobStore:
    if request.param == "memory":
        return MemoryBlobStore("bucket")
    return aws_world_of(request, request.param).blobs


@pytest.fixture(params=["memory", "moto", "embedded"])
def queue(request: pytest.FixtureRequest) -> Queue:
    if request.param == "memory":
        return MemoryQueue(SystemClock())
    return aws_world_of(request, request.param).queue


@pytest.fixture(params=["memory", "glacier_class", "glacier_vault"])
def cold(request: pytest.FixtureRequest) -> Iterator[ColdWorld]:
    """Every kind of cold storage, with levers."""
    if request.param == "memory":
        yield MemoryCold()
        return
    address, data = request.getfixturevalue("embedded_cloud")
    stores = make_cold_stores(request.getfixturevalue("embedded_session"))

    def receive() -> list[str]:
        found = []
        for message in stores.retrieved.receive(limit=10, wait_seconds=1):
            notices = ArchiveRetrieved.all_from_json(message.body, archives_bucket=stores.bucket)
            found += [notice.job_id for notice in notices]
            stores.retrieved.delete(message.receipt)
        return found

    store = stores.by_class if request.param == "glacier_class" else stores.vault
    world = EmbeddedCold(store, address, (data / "practice-token").read_text().strip(), receive)
    yield world
    world.reset()


def aws_world_of(request: pytest.FixtureRequest, kind: str) -> AwsWorld:
    """The AWS adapters on fresh resources, in the world `kind`: moto or embedded."""
    if kind == "other":
        return make_aws_world(request.getfixturevalue("embedded_session"), other_store=True)
    session: boto3.Session = request.getfixturevalue(f"{kind}_session")
    if kind == "moto":
        # The embedded cloud's address, when it runs already, must not reach moto.
        patch: pytest.MonkeyPatch = request.getfixturevalue("monkeypatch")
        patch.delenv("AWS_ENDPOINT_URL", raising=False)
    return make_aws_world(session)


def _answers(url: str) -> bool:
    try:
        return httpx.get(url, timeout=2).status_code == httpx.codes.OK
    except httpx.TransportError:
        return False
