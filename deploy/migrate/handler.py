"""The function `migrate` (deploy/database.yaml): called by `make deploy`, waits for the end."""

import json
import os
from dataclasses import asdict
from pathlib import Path
from typing import Any

import boto3
from sqlalchemy import URL

from deploy.migrate.migrations import bring_to_head

AUTHORITIES = Path(__file__).resolve().parents[1] / "rds-ca.pem"
"""Certificates of RDS; `make release` puts them there."""


def handle(event: dict[str, Any], context: object) -> dict[str, Any]:
    """Migrate; answers with the revision before and after."""
    return asdict(bring_to_head(owners_url(os.environ, boto3.client("secretsmanager"))))


def owners_url(environ: Any, secrets: Any) -> str:
    """Where the owner of the database logs in, with the password of the hour."""
    text = secrets.get_secret_value(SecretId=environ["GAS_DATABASE_OWNER_SECRET"])["SecretString"]
    owner = json.loads(text)
    return URL.create(
        "postgresql+psycopg",
        username=owner["username"],
        password=owner["password"],
        host=environ["GAS_DATABASE_HOST"],
        port=int(environ["GAS_DATABASE_PORT"]),
        database="gas",
        query={"sslmode": "verify-full", "sslrootcert": str(AUTHORITIES)},
    ).render_as_string(hide_password=False)
