"""Logging in and out, and what is kept of it on this computer."""

import json
from pathlib import Path
from typing import Any

import pytest

from gas_client.cli.config import check_url, config_path
from gas_client.errors import Mistake
from tests.unit.client.conftest import Command
from tests.unit.client.service import TOKEN, URL, Service, problem


@pytest.fixture
def here(run: Command, monkeypatch: pytest.MonkeyPatch) -> Command:
    """The command without anything in the environment."""
    monkeypatch.delenv("GAS_URL")
    monkeypatch.delenv("GAS_TOKEN")
    return run


@pytest.fixture
def config(tmp_path: Path) -> Path:
    return config_path({"XDG_CONFIG_HOME": str(tmp_path / "config")})


def kept(config: Path) -> Any:
    return json.loads(config.read_text())


def test_a_login_is_kept_for_its_owner_only(here: Command, config: Path) -> None:
    done = here("login", URL, "--token", "-", input=TOKEN + "\n")
    assert done.exit_code == 0, done.output
    assert kept(config)["profiles"] == {"default": {"url": URL, "token": TOKEN}}
    assert config.stat().st_mode & 0o777 == 0o600
    assert config.parent.stat().st_mode & 0o777 == 0o700
    assert TOKEN not in done.output
    assert "Ada" in here("whoami").stdout


def test_a_token_comes_from_a_file(here: Command, tmp_path: Path) -> None:
    (tmp_path / "token").write_text(TOKEN)
    assert here("login", URL, "--token", str(tmp_path / "token")).exit_code == 0


def test_a_token_comes_by_the_pipe(here: Command) -> None:
    assert here("login", URL, input=TOKEN).exit_code == 0


def test_a_token_that_opens_nothing_is_not_kept(here: Command, config: Path) -> None:
    done = here("login", URL, "--token", "-", input="gaspat_wrong")
    assert done.exit_code == 3
    assert not config.exists()


@pytest.mark.parametrize("text", ["", "two words", "größer"])
def test_what_is_no_token_is_not_sent(here: Command, service: Service, text: str) -> None:
    assert here("login", URL, "--token", "-", input=text).exit_code == 2
    assert service.requests == []


def test_servers_are_profiles(here: Command, config: Path) -> None:
    other = "https://other.example.org/"
    here("login", URL, input=TOKEN)
    here("login", other, input=TOKEN)
    assert set(kept(config)["profiles"]) == {"default", "other.example.org"}
    assert kept(config)["current"] == "other.example.org"
    assert f"{URL}\n" in here("--profile", "default", "whoami").stdout
    assert here("--profile", "nonsense", "whoami").exit_code == 2


def test_the_environment_wins(
    here: Command, service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    here("login", URL, input=TOKEN)
    monkeypatch.setenv("GAS_TOKEN", "gaspat_other")
    assert here("whoami").exit_code == 3
    assert service.requests[-1].headers["authorization"] == "Bearer gaspat_other"


def test_a_token_goes_to_no_other_server(here: Command, service: Service) -> None:
    here("login", URL, input=TOKEN)
    before = len(service.requests)
    assert here("--url", "https://other.example.org", "whoami").exit_code == 3
    assert len(service.requests) == before


def test_logging_out_revokes_and_forgets(here: Command, service: Service, config: Path) -> None:
    here("login", URL, input=TOKEN)
    assert here("logout").exit_code == 0
    assert service.revoked
    assert TOKEN not in config.read_text()
    assert here("whoami").exit_code == 3


def test_a_token_that_could_not_be_revoked_is_kept(
    here: Command, service: Service, config: Path
) -> None:
    here("login", URL, input=TOKEN)
    service.fail("/tokens/current", problem(500, "internal_error"))
    assert here("logout").exit_code == 5
    assert TOKEN in config.read_text()
    assert here("logout", "--local").exit_code == 0
    assert TOKEN not in config.read_text()
    assert not service.revoked


def test_a_file_that_cannot_be_read_is_told(here: Command, config: Path) -> None:
    config.parent.mkdir(parents=True)
    config.write_text("{")
    assert here("whoami").exit_code == 2


def test_a_folder_that_cannot_be_written_is_told(here: Command, config: Path) -> None:
    config.parent.parent.mkdir(exist_ok=True)
    config.parent.touch()
    done = here("login", URL, input=TOKEN)
    assert done.exit_code == 2
    assert "Error: " in done.stderr
    assert "Traceback" not in done.output


@pytest.mark.parametrize(
    ("given", "kept_as"),
    [
        ("https://gas.example.org/", "https://gas.example.org"),
        ("gas.example.org", "https://gas.example.org"),
        ("http://127.0.0.1:8000", "http://127.0.0.1:8000"),
        ("http://localhost:8000/gas/", "http://localhost:8000/gas"),
        ("http://[::1]:8000", "http://[::1]:8000"),
    ],
)
def test_addresses(given: str, kept_as: str) -> None:
    assert check_url(given, {}) == kept_as


@pytest.mark.parametrize(
    "given", ["http://gas.example.org", "ftp://x", "https://", "https://user:word@gas.example.org"]
)
def test_addresses_that_are_refused(given: str) -> None:
    with pytest.raises(Mistake):
        check_url(given, {})


def test_a_network_that_is_trusted_may_do_without_tls() -> None:
    assert check_url("http://gas.lan", {"GAS_INSECURE": "1"}) == "http://gas.lan"


def test_a_device_without_a_browser_shows_a_code(
    here: Command, config: Path, service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    slept: list[float] = []
    monkeypatch.setattr("gas_client.cli.device.time.sleep", slept.append)
    service.device_errors = ["authorization_pending", "slow_down"]
    done = here("login", URL, "--device")
    assert done.exit_code == 0, done.output
    assert "BCDF-GHJK" in done.stderr
    assert TOKEN not in done.output
    assert TOKEN in config.read_text()
    assert slept == [0, 0, 5]


@pytest.mark.parametrize(("error", "code"), [("access_denied", 4), ("expired_token", 5)])
def test_a_device_that_gets_no_token_says_why(
    here: Command, config: Path, service: Service, error: str, code: int
) -> None:
    service.device_errors = [error]
    assert here("login", URL, "--device").exit_code == code
    assert not config.exists()


def test_a_token_and_a_device_are_two_ways(here: Command) -> None:
    assert here("login", URL, "--device", "--token", "-").exit_code == 2
