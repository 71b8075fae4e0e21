"""Secrets of this installation, made once, and the AWS configuration files made from them."""

from __future__ import annotations

import base64
import json
import secrets
import uuid
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from local.paths import write_private

ACCOUNT = "000000000000"
REGION = "us-east-1"


@dataclass(frozen=True)
class Keyring:
    """What the parts of this installation trust each other by."""

    secret_key: str
    """Signs the web app's session cookies."""
    globus_client_id: str
    globus_client_secret: str
    signing_key: str
    """Signs the receipts of results: an Ed25519 private key, 32 bytes in base64."""
    stripe_secret_key: str
    """What the web app shows to the Stripe stand-in."""
    stripe_webhook_secret: str
    """What the Stripe stand-in signs its events with."""
    metrics_token: str
    """What Prometheus would have to show."""

    @classmethod
    def load_or_make(cls, path: Path) -> Keyring:
        """Read the keyring; make what of it is missing. Readable by the owner only."""
        known = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
        made = {
            "secret_key": secrets.token_urlsafe(48),
            "globus_client_id": str(uuid.uuid4()),
            "globus_client_secret": secrets.token_urlsafe(32),
            "signing_key": base64.b64encode(secrets.token_bytes(32)).decode(),
            "stripe_secret_key": "sk_test_" + secrets.token_hex(16),
            "stripe_webhook_secret": "whsec_" + secrets.token_hex(16),
            "metrics_token": secrets.token_urlsafe(32),
        }
        keyring = cls(**{**made, **known})
        if asdict(keyring) != known:
            write_private(path, json.dumps(asdict(keyring), indent=2))
        return keyring


@dataclass(frozen=True)
class AccessKey:
    """A pair of AWS keys."""

    key_id: str
    secret: str


def write_aws_files(
    folder: Path, root: AccessKey, endpoint: str, roles: Mapping[str, str]
) -> dict[str, str]:
    """Write the AWS configuration that gives each service its role.

    The services then find credentials as on AWS, by the SDK's own chain: a profile assumes the
    role, with the root keys of the embedded cloud as its source.

    Parameters
    ----------
    roles
        Profile name to role ARN.

    Returns
    -------
    dict
        The environment variables that point to the files.
    """
    credentials = folder / "aws-credentials"
    config = folder / "aws-config"
    write_private(
        credentials,
        f"[root]\naws_access_key_id = {root.key_id}\naws_secret_access_key = {root.secret}\n",
    )
    common = f"region = {REGION}\nendpoint_url = {endpoint}\n"
    sections = [f"[profile root]\n{common}"]
    sections += [
        f"[profile {name}]\n{common}role_arn = {arn}\nsource_profile = root\n"
        f"role_session_name = {name}\n"
        for name, arn in roles.items()
    ]
    write_private(config, "\n".join(sections))
    return {"AWS_CONFIG_FILE": str(config), "AWS_SHARED_CREDENTIALS_FILE": str(credentials)}
