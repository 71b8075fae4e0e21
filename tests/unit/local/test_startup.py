"""The order of a start, without starting anything."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

import pytest

from local.__main__ import option_of
from local.addresses import Addresses
from local.errors import LocalError
from local.keyring import Keyring
from local.parts import Part
from local.paths import DataFolder
from local.services import Installation
from local.startup import together, with_driver

EMPTY: Mapping[str, str] = MappingProxyType({})


@pytest.mark.parametrize(
    ("url", "with_its_driver"),
    [
        ("", ""),
        ("postgresql://a@h/n", "postgresql+psycopg://a@h/n"),
        ("postgres://a@h/n", "postgresql+psycopg://a@h/n"),
        ("postgresql+psycopg://a@h/n", "postgresql+psycopg://a@h/n"),
    ],
)
def test_a_database_url_gets_our_driver(url: str, with_its_driver: str) -> None:
    assert with_driver(url) == with_its_driver


def test_the_first_fault_ends_the_others_and_is_raised_itself() -> None:
    ended: list[str] = []

    async def patient() -> None:
        try:
            await asyncio.sleep(600)
        finally:
            ended.append("patient")

    async def faulty() -> None:
        await asyncio.sleep(0)
        raise LocalError("no")

    async def scene() -> None:
        await together(patient(), faulty())

    with pytest.raises(LocalError, match="no"):
        asyncio.run(scene())
    assert ended == ["patient"]


@pytest.fixture
def installation(tmp_path: Path) -> Installation:
    keyring = Keyring(
        secret_key="secret-key",
        globus_client_id="client-id",
        globus_client_secret="client-secret",
        signing_key="signing-key",
        stripe_secret_key="stripe-key",
        stripe_webhook_secret="webhook-secret",
        metrics_token="metrics-token",
    )
    return Installation(DataFolder.at(tmp_path), Addresses(), keyring)


def test_no_account_of_the_person_reaches_the_services(
    installation: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAREAL")
    monkeypatch.setenv("AWS_PROFILE", "work")
    monkeypatch.setenv("NO_PROXY", "intranet")
    environment = installation.base_environment()
    assert not any(name.startswith("AWS_") for name in environment)
    assert environment["NO_PROXY"] == "intranet,127.0.0.1,localhost"


def test_what_the_stack_says_wins_over_the_surroundings(
    installation: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GAS_INPUTS_BUCKET", "somewhere-else")
    monkeypatch.setenv("GAS_LOG_LEVEL", "DEBUG")
    stack = {"GAS_INPUTS_BUCKET": "gas-local-inputs"}
    settings = installation.service_settings(stack, "postgresql+psycopg:///x", {})
    assert settings["GAS_INPUTS_BUCKET"] == "gas-local-inputs"
    assert settings["GAS_LOG_LEVEL"] == "DEBUG"
    assert settings["GLOBUS_SDK_SERVICE_URL_AUTH"] == "http://127.0.0.1:8020/"


def services(installation: Installation, settings: Mapping[str, str] = EMPTY) -> dict[str, Part]:
    return {part.name: part for part in installation.services(settings)}


def test_each_service_has_its_own_profile_and_port(installation: Installation) -> None:
    found = services(installation)
    web, annotator = found["web"], found["annotator"]
    assert web.environment["AWS_PROFILE"] == "web"
    assert annotator.environment["AWS_PROFILE"] == "annotator"
    assert web.environment["GAS_HTTP_SOCKET"] == "127.0.0.1:8000"
    assert annotator.environment["GAS_HTTP_SOCKET"] == "127.0.0.1:8010"


def test_only_the_annotator_knows_the_key_that_signs_receipts(installation: Installation) -> None:
    found = services(installation)
    assert found["annotator"].environment["GAS_SIGNING_KEY"] == "signing-key"
    assert "signing-key" not in found["web"].environment.values()
    assert "signing-key" not in installation.cloud().environment.values()


def test_only_the_web_app_and_the_stand_in_know_the_keys_of_stripe(
    installation: Installation,
) -> None:
    settings = installation.service_settings({}, "postgresql+psycopg:///x", {})
    found = services(installation, settings)
    for part in (found["web"], installation.stripe()):
        assert part.environment["GAS_STRIPE_SECRET_KEY"] == "stripe-key"
        assert part.environment["GAS_STRIPE_WEBHOOK_SECRET"] == "webhook-secret"
        assert "stripe-key" not in part.command
    for part in (found["annotator"], found["archiver"]):
        assert "stripe-key" not in part.environment.values()


def test_only_the_stand_in_knows_the_registered_address(installation: Installation) -> None:
    command = list(installation.globus().command)
    assert command[command.index("--redirect-uri") + 1] == "http://127.0.0.1:8000/authcallback"
    # a secret on a command line could be read by every user of the machine
    assert "client-secret" not in command


def test_every_port_is_explained_in_the_documentation() -> None:
    page = (Path(__file__).parents[3] / "docs" / "embedded-default.md").read_text()
    for name, port in Addresses().with_https().by_name().items():
        assert f":{port}" in page
        assert f"--{option_of(name)}-port" in page
