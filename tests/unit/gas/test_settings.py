import json

import pytest

from gas.settings import NotifySettings, SettingsError

ENV = {
    "GAS_ANNOTATIONS_TABLE": "t",
    "GAS_INPUTS_BUCKET": "i",
    "GAS_RESULTS_BUCKET": "r",
    "GAS_PUBLIC_URL": "https://gas.example.org",
    "GAS_MAIL_FROM": "gas@example.org",
}


def test_settings_come_from_the_environment_given() -> None:
    settings = NotifySettings.load(ENV)
    assert settings.public_url == "https://gas.example.org"
    assert settings.log_level == "INFO"


def test_a_missing_variable_is_named() -> None:
    env = {name: value for name, value in ENV.items() if name != "GAS_MAIL_FROM"}
    with pytest.raises(SettingsError, match="GAS_MAIL_FROM"):
        NotifySettings.load(env)


def test_secrets_fill_in_and_variables_win() -> None:
    env = {name: value for name, value in ENV.items() if name != "GAS_MAIL_FROM"}
    env["GAS_SECRET_ID"] = "gas/test/notify"
    secret = json.dumps({"mail_from": "secret@example.org", "public_url": "https://elsewhere"})
    asked: list[str] = []

    def fetch(secret_id: str) -> str:
        asked.append(secret_id)
        return secret

    settings = NotifySettings.load(env, fetch_secret=fetch)
    assert settings.mail_from == "secret@example.org"
    assert settings.public_url == "https://gas.example.org"
    assert asked == ["gas/test/notify"]
