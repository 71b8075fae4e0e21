"""The door: what does not pass it, and what the gateway answers itself."""

from __future__ import annotations

import json
import socket
import stat
import subprocess
import sys

import httpx
import psutil
import pytest

from local.paths import REPOSITORY
from tests.integration.cloud.embedded import EmbeddedCloud

SCOPE = "20260101/us-east-1/s3/aws4_request"


@pytest.mark.parametrize(
    "path",
    [
        "/_ministack/reset",
        "/_ministack/health",
        "/%5fministack/reset",
        "/%5Fministack%2Freset",
        "//_ministack/reset",
        "/_ministack/sqs/messages",
        "/_localstack/health",
        "/latest/meta-data/iam/security-credentials/",
        "/health",
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_administrative_pages_are_closed(
    embedded_cloud: EmbeddedCloud, path: str, method: str
) -> None:
    with socket.create_connection(("127.0.0.1", embedded_cloud.port)) as connection:
        head = f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 0\r\n"
        connection.sendall(f"{head}Connection: close\r\n\r\n".encode())
        status = connection.makefile("rb").readline().split()[1]
    assert status in (b"403", b"404")


@pytest.mark.parametrize(
    ("headers", "body"),
    [
        ({"X-Amz-Target": "DynamoDB_20120810.ListTables"}, b"{}"),
        ({"X-Amz-Target": "secretsmanager.ListSecrets"}, b"{}"),
        ({"Content-Type": "application/x-www-form-urlencoded"}, b"Action=ListTopics"),
        ({"Authorization": "AWS test:test"}, b""),
        ({"Authorization": f"AWS4-HMAC-SHA256 Credential=test/{SCOPE}"}, b""),
    ],
)
def test_unsigned_requests_are_refused(
    embedded_cloud: EmbeddedCloud, headers: dict[str, str], body: bytes
) -> None:
    assert httpx.post(embedded_cloud.url, headers=headers, content=body).status_code == 403
    assert httpx.get(embedded_cloud.url, headers=headers).status_code == 403


def test_other_names_for_this_machine_are_not_served(embedded_cloud: EmbeddedCloud) -> None:
    answer = httpx.get(f"{embedded_cloud.url}/bucket/key", headers={"Host": "evil.example:4566"})
    assert answer.status_code == 421


def test_everything_listens_on_the_loopback_interface_only(embedded_cloud: EmbeddedCloud) -> None:
    gateway = embedded_cloud.gateway
    family = [gateway, *gateway.children(recursive=True)]
    listening = [
        connection.laddr
        for process in family
        for connection in process.net_connections("inet")
        if connection.status == psutil.CONN_LISTEN
    ]
    assert {address.ip for address in listening} == {"127.0.0.1"}
    assert {a.port for a in listening} == {embedded_cloud.port, embedded_cloud.relay_port}


def test_what_is_on_disk_is_closed_to_others(embedded_cloud: EmbeddedCloud) -> None:
    for name in ("root-key.json", "mail-token", "journal.sqlite", "signing/key.pem"):
        assert stat.S_IMODE((embedded_cloud.data / name).stat().st_mode) == 0o600
    assert stat.S_IMODE(embedded_cloud.data.stat().st_mode) == 0o700
    (made,) = (embedded_cloud.data / "run").glob("*.sock")
    assert stat.S_IMODE(made.stat().st_mode) == 0o600


def test_mails_are_shown_to_who_has_the_token(embedded_cloud: EmbeddedCloud) -> None:
    ses = embedded_cloud.client("sesv2")
    ses.create_email_identity(EmailIdentity="gas@example.org")
    for subject in ("first", "second"):
        ses.send_email(
            FromEmailAddress="gas@example.org",
            Destination={"ToAddresses": ["user@example.org"]},
            Content={
                "Simple": {
                    "Subject": {"Data": subject},
                    "Body": {"Text": {"Data": "plain"}, "Html": {"Data": "<p>html</p>"}},
                }
            },
        )
    address = f"{embedded_cloud.url}/_gas/mail"
    assert httpx.get(address).status_code == 401
    assert httpx.get(address, headers={"Authorization": "Bearer x"}).status_code == 401
    token = {"Authorization": f"Bearer {(embedded_cloud.data / 'mail-token').read_text()}"}
    newest, older = httpx.get(f"{address}?limit=2", headers=token).json()["mails"]
    assert (newest["subject"], older["subject"]) == ("second", "first")
    (before,) = httpx.get(f"{address}?limit=1&before={newest['seq']}", headers=token).json()[
        "mails"
    ]
    assert before["id"] == older["id"]
    mail = httpx.get(f"{address}/{newest['id']}", headers=token).json()
    assert (mail["text"], mail["html"], mail["to"]) == (
        "plain",
        "<p>html</p>",
        ["user@example.org"],
    )


def test_a_port_in_use_is_named(embedded_cloud: EmbeddedCloud) -> None:
    command = [sys.executable, "-m", "local.cloud", "--data", str(embedded_cloud.data)]
    ended = subprocess.run(
        [*command, "--port", str(embedded_cloud.port)],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
    )
    assert ended.returncode == 1
    assert f"Port {embedded_cloud.port} is in use" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_two_clouds_do_not_share_a_folder(embedded_cloud: EmbeddedCloud) -> None:
    other = EmbeddedCloud(embedded_cloud.data)
    with pytest.raises(AssertionError, match="Another embedded cloud works in"):
        other.start()


def test_health(embedded_cloud: EmbeddedCloud) -> None:
    found = json.loads(httpx.get(f"{embedded_cloud.url}/_gas/health").text)
    assert found["status"] == "ok"
