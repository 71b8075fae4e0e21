import base64
import json

import pytest

from gas.settings import AnnotatorSettings, NotifySettings, SettingsError

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


ANNOTATOR_ENV = {
    "GAS_ANNOTATIONS_TABLE": "t",
    "GAS_INPUTS_BUCKET": "i",
    "GAS_RESULTS_BUCKET": "r",
    "GAS_JOB_REQUESTS_TOPIC": "arn",
    "GAS_JOB_REQUESTS_QUEUE": "url",
    "GAS_JOB_REQUESTS_DEAD_LETTERS": "url",
    "GAS_JOB_REQUESTS_PRIORITY_QUEUE": "url",
    "GAS_JOB_REQUESTS_PRIORITY_DEAD_LETTERS": "url",
    "GAS_USER_SLOTS_TABLE": "slots",
    "GAS_VITALS_TABLE": "vitals",
    "GAS_EARLIER_JOBS_TABLE": "earlier_jobs",
    "GAS_JOB_RESULTS_TOPIC": "arn",
    "GAS_ARCHIVE_RESULTS_MACHINE": "arn",
    "GAS_WORK_DIR": "/tmp",
}


@pytest.mark.parametrize("key", ["", base64.b64encode(bytes(32)).decode()])
def test_a_signing_key_is_taken_and_not_shown(key: str) -> None:
    settings = AnnotatorSettings.load({**ANNOTATOR_ENV, "GAS_SIGNING_KEY": key})
    assert settings.signing_key.get_secret_value() == key
    assert not key or key not in repr(settings)


@pytest.mark.parametrize("key", ["much too short", "c2hvcnQ=", "/some/where"])
def test_a_bad_signing_key_is_refused_at_the_start_without_showing_it(key: str) -> None:
    with pytest.raises(SettingsError, match="GAS_SIGNING_KEY") as caught:
        AnnotatorSettings.load({**ANNOTATOR_ENV, "GAS_SIGNING_KEY": key})
    assert key not in str(caught.value)
