import json
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gas.accounts.devices import shown_code
from gas.redaction import GONE, MAIL, redact, redacted

_ALNUM = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
RANDOM = st.text(_ALNUM, min_size=20, max_size=60)
WORDS = st.text("abc .:\n()[]{}", max_size=30)
STRIPE = "s" + "k_" + "live_"

#: How a secret may stand in a text; `{}` is the secret itself, of 20 and more random characters.
PLACES = {
    "our token": "gaspat_{}",
    "a link": "opened /s/gasshare_{} by somebody",
    "device that waits": 'POST /device/token "gasdevice_{}"',
    "webhook secret": "whsec_{}",
    "Stripe key": STRIPE + "{}",
    "Stripe session": "cs_test_{}",
    "signed link": "GET https://b.s3.amazonaws.com/k~a.vcf?X-Amz-Signature={}&X-Amz-Expires=300",
    "path with a query": 'GET /authcallback?code={}&state=x HTTP/1.1" 302',
    "fragment": "https://example.org/x#access_token={}",
    "authorization header": "Authorization: Bearer {}",
    "headers as a dictionary": "{{'Host': 'x', 'Authorization': 'Basic {}', 'Accept': '*/*'}}",
    "cookie": "Cookie: theme=dark; gas_session={}",
    "scheme alone": "refused bearer {}",
    "form": "grant_type=authorization_code&code={}&redirect_uri=http",
    "JSON": '{{"refresh_token": "{}", "expires_in": 1}}',
    "database": "postgresql+psycopg://gas:{}@db.internal:5432/gas",
    "assignment": "GAS_SECRET_KEY={}",
    "client secret": "client_secret='{}'",
    "mail address": "mail to {}@example.org bounced",
    "AWS credential": "AWS4-HMAC-SHA256 X-Amz-Credential={}",
}


@settings(max_examples=300)
@given(where=st.sampled_from(sorted(PLACES)), secret=RANDOM, before=WORDS, after=WORDS)
def test_no_secret_gets_through(where: str, secret: str, before: str, after: str) -> None:
    cleaned = redact(f"{before} {PLACES[where].format(secret)} {after}")
    assert secret not in cleaned
    assert GONE in cleaned or MAIL in cleaned
    assert redact(cleaned) == cleaned


@given(st.text(max_size=300))
def test_any_text_is_taken_and_twice_changes_nothing(text: str) -> None:
    once = redact(text)
    assert redact(once) == once


@pytest.mark.parametrize(
    "text",
    [
        "job 2f0f3a52-9f36-4f45-9e9d-0d6d7a0b6f11 was claimed",
        "sha256 " + "0123456789abcdef" * 4,
        "trace 0af7651916cd43dd8448eb211c80319c",
        "GET /annotations/2f0f3a52-9f36-4f45-9e9d-0d6d7a0b6f11/log",
        'File "/srv/gas/annotator/subprocess_engine.py", line 93, in run',
        "ServiceUnavailable: The job database does not answer (503): try again",
        "lab/0d6d7a0b-9f36-4f45-9e9d-2f0f3a52aaaa/2f0f3a52-9f36-4f45-9e9d-0d6d7a0b6f11~a.vcf.gz",
        "arn:aws:sns:us-east-1:000000000000:gas-local-job-requests",
        "line 12: AF=0.5 is above 1; what now?",
        "the state: RUNNING, the code: 404",
    ],
)
def test_what_operators_need_stays(text: str) -> None:
    assert redact(text) == text


def test_the_code_that_a_device_shows_is_told_to_nobody() -> None:
    code = shown_code()
    for place in ("typed {}", "({})", "user_code: {}", "code={}", "'{}' is wrong"):
        assert code not in redact(place.format(code))
    assert redacted("user_code", code) == redacted("device_code", "x") == GONE


def test_links_keep_their_place_and_lose_their_query() -> None:
    assert redact("at https://x.org/a/b?c=d&e=f.") == f"at https://x.org/a/b?{GONE}"


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("user_email", "nobody", MAIL),
        ("Authorization", "x", GONE),
        ("stripe_webhook_secret", ["x"], GONE),
        ("session_token", {"a": "x"}, GONE),
        ("tokens", 3, 3),
        ("status", 200, 200),
        ("reason", "no such job", "no such job"),
        ("detail", {"set-cookie": "a", "n": 1}, {"set-cookie": GONE, "n": 1}),
        ("list", ["ada@example.org", 1], [MAIL, 1]),
        ("error", ValueError("ada@example.org"), f"ValueError('{MAIL}')"),
    ],
)
def test_named_values(name: str, value: object, expected: object) -> None:
    assert redacted(name, value) == expected


@given(
    st.recursive(
        st.integers() | st.text(max_size=30),
        lambda inner: st.lists(inner) | (st.dictionaries(st.text(max_size=8), inner)),
        max_leaves=8,
    )
)
def test_whatever_is_left_can_be_written(value: object) -> None:
    assert (
        re.search(r"\bada@example\.org", json.dumps(redacted("x", [value, "ada@example.org"])))
        is None
    )
