"""What no log line and no span may hold: keys, tokens, queries of links, cookies, mail addresses.

`redact` works on any text, tracebacks included, and knows secrets by their form; `redacted` works
on named values and knows them by their names too. Both rather take too much than too little: a log
is for operators, who find the rest by job id.
"""

import re
from collections.abc import Mapping
from typing import Any

GONE = "[redacted]"
MAIL = "[mail]"

_SECRET_NAMES = re.compile(
    r"(?i)^(?:.*[._-])?(?:authorization|cookie|password|passwd|secret|token|signature|credentials?"
    r"|api[_-]?key|secret[_-]?(?:key|access[_-]?key)|private[_-]?key|signing[_-]?key|email|e-mail"
    r"|recipients?|(?:user|device)[_-]?code)$"
)
"""Names of values that are never told, whatever they hold."""

_KEY_BLOCK = re.compile(r"-----BEGIN [A-Z0-9 ]+-----.*?(?:-----END [A-Z0-9 ]+-----|\Z)", re.DOTALL)
_HEADER = re.compile(
    r"(?im)\b((?:proxy-)?authorization|(?:set-)?cookie)\b(['\"]?\s*+[:=]\s*+)(?!\[redacted\]).+$"
)
_SCHEME = re.compile(r"(?i)\b(bearer|basic)\s++(?!\[redacted\])[A-Za-z0-9._~+/=-]{8,}")
_USER_INFO = re.compile(r"(://)[^\s/?#\"'<>]*@")
_QUERY = re.compile(r"[?#](?=[^\s\"'<>?#]*=)[^\s\"'<>]+")
"""Of links, whole: they hold signatures, login codes, tokens. A fragment likewise."""
_PAIR = re.compile(
    r"(?i)(?<![A-Za-z0-9])((?:[a-z0-9]+[._-])*(?:token|secret|password|passwd|signature|credential"
    r"|api[_-]?key|secret[_-]key|access[_-]key|code[_-]verifier)|x-amz-[a-z-]+|code|state|session)"
    r"(['\"]?\s*+=\s*+['\"]?+|['\"]\s*+:\s*+['\"])(?!\[redacted\])([^\s&;,\"'<>]+)"
)
_TOKENS = re.compile(
    r"gas[a-z]{2,8}_[A-Za-z0-9_-]{8,}"  # ours: access tokens, links, devices that wait
    r"|whsec_[A-Za-z0-9+/=_-]{8,}"  # webhooks, ours and Stripe's
    r"|[sr]k_(?:live|test)_[A-Za-z0-9]{8,}"
    r"|(?:cs|seti|pi|ek)_[A-Za-z0-9_]{12,}"  # Stripe: sessions and what a browser may pay with
    r"|A(?:KIA|SIA)[A-Z0-9]{16}"
    r"|eyJ[A-Za-z0-9_-]{8,}(?:\.[A-Za-z0-9_-]*){1,4}"
)
_CONSONANTS = "BCDFGHJKLMNPQRSTVWXZ"
_DEVICE = re.compile(rf"(?<![\w-])[{_CONSONANTS}]{{4}}-[{_CONSONANTS}]{{4}}(?![\w-])")
"""What a device shows that is to be logged in (`gas.accounts.devices`): eight consonants."""
_LONG = 32
_RANDOM = re.compile(
    r"(?<![A-Za-z0-9_-])(?=[A-Za-z0-9_-]*[a-z])(?=[A-Za-z0-9_-]*[A-Z])(?=[A-Za-z0-9_-]*[0-9])"
    r"[A-Za-z0-9_-]{32,}"
)
"""Long runs of mixed letters and digits: tokens of whatever maker. Ids and checksums of ours are
in small letters."""
_ADDRESS = re.compile(r"[^\s@<>\"'(),:;=/\\\[\]]+@(?:[^\s@<>\"'(),:;=/\\\[\]]+\.)+[\w-]+")

_SHORT = 7
"""No secret is so short, unless its name gives it away."""


def redact(text: str) -> str:
    """The text without what must not be told. Doing it twice changes nothing."""
    if len(text) <= _SHORT and "@" not in text and "=" not in text:
        return text
    small = text.lower()
    # Each search is left out where a sign is missing that all of its finds have: most texts have
    # none. The order matters: what names a secret goes before what knows secrets by their form.
    if "-----begin" in small:
        text = _KEY_BLOCK.sub(GONE, text)
    if "authorization" in small or "cookie" in small:
        text = _HEADER.sub(rf"\1\2{GONE}", text)
    if "bearer" in small or "basic" in small:
        text = _SCHEME.sub(rf"\1 {GONE}", text)
    if "://" in text:
        text = _USER_INFO.sub(rf"\1{GONE}@", text)
    if "=" in text:
        text = _QUERY.sub(f"?{GONE}", text)
    if "=" in text or ":" in text:
        text = _PAIR.sub(rf"\1\2{GONE}", text)
    if any(sign in small for sign in ("_", "eyj", "akia", "asia")):
        text = _TOKENS.sub(GONE, text)
    if text != small and "-" in text:
        text = _DEVICE.sub(GONE, text)
    if text != small and len(text) >= _LONG:
        text = _RANDOM.sub(GONE, text)
    return _ADDRESS.sub(MAIL, text) if "@" in text else text


def redacted(name: str, value: Any) -> Any:
    """The value of that name, all texts in it redacted; a mapping and a sequence keep their form.

    What is no plain data is taken as its `repr` would show it.
    """
    if value is None or isinstance(value, bool | int | float):
        return value
    if _SECRET_NAMES.match(name) and value != "":
        return MAIL if "mail" in name.lower() or "recipient" in name.lower() else GONE
    if isinstance(value, str):
        return redact(str(value))
    if isinstance(value, Mapping):
        return {redact(str(key)): redacted(str(key), item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [redacted("", item) for item in value]
    return redact(repr(value))
