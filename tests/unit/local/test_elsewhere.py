"""What services that are started elsewhere are told."""

import json
import stat
from pathlib import Path

from local.addresses import Addresses
from local.elsewhere import PORTS, forget_settings, settings_folder, write_settings
from local.keyring import Keyring
from local.paths import DataFolder
from local.services import Installation


def test_each_service_finds_its_own_settings(tmp_path: Path) -> None:
    data = DataFolder(tmp_path / "data")
    data.create()
    keyring = Keyring.load_or_make(data.settings / "keyring.json")
    installation = Installation(data, Addresses(), keyring)
    settings = installation.service_settings({"GAS_JOBS": "table"}, "postgresql://db", {})
    write_settings(data, installation.services(settings))
    told = {path.stem: json.loads(path.read_text()) for path in settings_folder(data).iterdir()}
    assert set(told) == {"web", "annotator", "archiver", "thaw"}
    for name, variables in told.items():
        assert variables["AWS_PROFILE"] == name
        assert variables["GAS_JOBS"] == "table"
        # Places and patience are those of whoever starts it; the rest of our surroundings is ours.
        assert not {"GAS_RUN_DIR", "GAS_WORK_DIR", "GAS_STOP_SECONDS", "PATH"} & set(variables)
        path = settings_folder(data) / f"{name}.json"
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert "GAS_SIGNING_KEY" in told["annotator"]
    assert "GAS_SIGNING_KEY" not in told["web"]
    forget_settings(data)
    assert not settings_folder(data).exists()
    forget_settings(data)


def test_the_ports_are_those_of_the_services() -> None:
    assert set(Addresses().with_https().by_name()) >= PORTS


def test_a_mounted_folder_for_certificates_is_no_other_thing(tmp_path: Path) -> None:
    (tmp_path / "tls").mkdir()
    (tmp_path / "settings").mkdir()
    DataFolder(tmp_path).create()
