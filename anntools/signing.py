"""Ed25519 signatures (RFC 8032) of receipts, and the key of this installation.

The key is 32 random bytes, kept in base64 in ``signing-key`` in the user's configuration folder,
readable by the user alone, made at first use. ``ANNTOOLS_SIGNING_KEY`` gives another one: the
base64 itself, or the name of a file that holds it, or a PEM file (PKCS 8) as OpenSSL writes it.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import os
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from anntools.problems import UsageProblem

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

ALGORITHM: Final = "Ed25519"
VARIABLE: Final = "ANNTOOLS_SIGNING_KEY"
_SIZE: Final = 32  # bytes of a private and of a public key


class Signature(NamedTuple):
    """Who signed, and the signature; keys and signature in base64."""

    algorithm: str
    public_key: str
    fingerprint: str
    signature: str


class Signer:
    """A private key, ready to sign."""

    def __init__(self, key: Ed25519PrivateKey) -> None:
        self._key = key

    def sign(self, message: bytes) -> Signature:
        """Sign a message."""
        public = self._key.public_key().public_bytes_raw()
        signature = _text(self._key.sign(message))
        return Signature(ALGORITHM, _text(public), fingerprint(public), signature)


def canonical(data: dict[str, Any]) -> bytes:
    """The bytes that are signed: JSON, keys sorted, no blanks, UTF-8. There are no fractions."""
    return json.dumps(data, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def fingerprint(public: bytes) -> str:
    """``SHA256:`` and the hexadecimal digest of a public key."""
    return f"SHA256:{hashlib.sha256(public).hexdigest()}"


def signer() -> Signer:
    """The signer of this installation. Raises UsageProblem for a bad key, OSError for no place."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    given = os.environ.get(VARIABLE, "")
    if given:
        return Signer(_given(given))
    return Signer(Ed25519PrivateKey.from_private_bytes(_installed(key_file())))


def key_file() -> Path:
    """Where the key of this installation lies."""
    home = os.environ.get("XDG_CONFIG_HOME") or os.path.join(os.path.expanduser("~"), ".config")
    return Path(home) / "anntools" / "signing-key"


def holds(signature: Signature, message: bytes) -> bool:
    """Whether the signature is that of the message by the public key it names."""
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    public = _bytes(signature.public_key)
    signed = _bytes(signature.signature)
    if signature.algorithm != ALGORITHM or public is None or signed is None:
        return False
    if len(public) != _SIZE or signature.fingerprint != fingerprint(public):
        return False
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signed, message)
    except InvalidSignature:
        return False
    return True


def is_by(signature: Signature, expected: str) -> bool:
    """Whether the signer is the expected one.

    ``expected`` is a public key in base64, its fingerprint, or a file with either or with a PEM.
    Raises UsageProblem when it is none of these.
    """
    text = _content(expected)
    if text.startswith("-----BEGIN"):
        return signature.public_key == _text(_public_pem(text))
    plain = text.removeprefix("SHA256:")
    if len(plain) == 2 * _SIZE and set(plain.lower()) <= set("0123456789abcdef"):
        return signature.fingerprint == f"SHA256:{plain.lower()}"
    key = _bytes(text)
    if key is None or len(key) != _SIZE:
        raise UsageProblem(
            f"--key {expected} is neither a public key, nor its fingerprint, nor a file with one."
        )
    return signature.public_key == _text(key)


def _given(value: str) -> Ed25519PrivateKey:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    text = _content(value)
    if text.startswith("-----BEGIN"):
        from cryptography.hazmat.primitives.serialization import load_pem_private_key

        with suppress(ValueError, TypeError):
            key = load_pem_private_key(text.encode(), None)
            if isinstance(key, Ed25519PrivateKey):
                return key
    else:
        seed = _bytes(text)
        if seed is not None and len(seed) == _SIZE:
            return Ed25519PrivateKey.from_private_bytes(seed)
    raise UsageProblem(
        f"{VARIABLE} holds no Ed25519 key: expected {_SIZE} bytes in base64, or a PEM file."
    )


def _public_pem(text: str) -> bytes:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    from cryptography.hazmat.primitives.serialization import load_pem_public_key

    with suppress(ValueError):
        key = load_pem_public_key(text.encode())
        if isinstance(key, Ed25519PublicKey):
            return key.public_bytes_raw()
    raise UsageProblem("--key names a PEM file that holds no Ed25519 public key.")


def _content(value: str) -> str:
    """The content of a file if the value names one, else the value."""
    with suppress(OSError, ValueError):  # a key may be no legal file name
        return Path(value).read_text(encoding="ascii").strip()
    return value.strip()


def _installed(path: Path) -> bytes:
    """The key of this installation; made if there is none. Two that make it at once agree."""
    with suppress(FileNotFoundError):
        return _read(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f"{path.name}.{os.getpid()}.part")
    with suppress(FileNotFoundError):
        part.unlink()
    handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        os.write(handle, _text(os.urandom(_SIZE)).encode() + b"\n")
    finally:
        os.close(handle)
    try:
        os.link(part, path)  # unlike a rename, this leaves a key that came first
    except FileExistsError:
        pass
    finally:
        part.unlink()
    return _read(path)


def _read(path: Path) -> bytes:
    seed = _bytes(path.read_text(encoding="ascii").strip())
    if seed is None or len(seed) != _SIZE:
        raise UsageProblem(f"{path} holds no key. Remove it, and a new one will be made.")
    return seed


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _bytes(text: str) -> bytes | None:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None


def signer_or_reason() -> tuple[Signer | None, str]:
    """The signer of this installation; or None and why there is none (no place for its key)."""
    try:
        return signer(), ""
    except OSError as error:
        return None, f"The receipt is not signed: {key_file()}: {error.strerror}."
