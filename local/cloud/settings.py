"""Where the embedded cloud keeps its data and listens."""

from __future__ import annotations

import hashlib
import json
import os
import secrets
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

from local.addresses import HOST
from local.errors import LocalError
from local.paths import write_private

ACCOUNT = "000000000000"
REGION = "us-east-1"

MIB = 1024 * 1024
SOCKET_PATH_LIMIT = 100
"""Longest path of a UNIX socket that every system takes (macOS: 104 bytes with the zero)."""

SERVICES = (
    "cloudformation",
    "cloudwatch",
    "dynamodb",
    "dynamodbstreams",
    "events",
    "iam",
    "kms",
    "lambda",
    "logs",
    "s3",
    "scheduler",
    "secretsmanager",
    "ses",
    "sns",
    "sqs",
    "ssm",
    "states",
    "sts",
    "tagging",
)
"""What GAS uses. All others are switched off."""


@dataclass(frozen=True)
class RetryPolicy:
    """How the notifications of topics are repeated.

    The defaults are more patient than SNS is over HTTP (three repetitions, 20 s apart): they
    resemble what it does for the services of AWS itself.

    ``immediate`` tries without a pause, then ``paced`` tries one ``pace`` apart, then
    ``growing`` tries whose pauses grow from ``pace`` to ``longest``, then ``steady`` tries
    ``longest`` apart. Seconds.
    """

    immediate: int = 3
    paced: int = 2
    growing: int = 10
    steady: int = 35
    pace: float = 1.0
    longest: float = 20.0
    timeout: float = 15.0

    def pauses(self) -> list[float]:
        """The pause before each repetition after the first try."""
        ratio = (self.longest / self.pace) ** (1 / max(self.growing, 1))
        growing = [self.pace * ratio**step for step in range(1, self.growing + 1)]
        return (
            [0.0] * self.immediate
            + [self.pace] * self.paced
            + growing
            + [self.longest] * self.steady
        )


@dataclass(frozen=True)
class ColdSeconds:
    """How long retrievals take, and for how long what they bring is kept."""

    expedited: float = 5.0
    standard: float = 30.0
    kept: float | None = None
    """``None``: as AWS does, the days of a restore request, a day for the output of a job."""


@dataclass(frozen=True)
class RootKey:
    """The account's root credentials, made once per data folder."""

    key_id: str
    secret: str

    @classmethod
    def load_or_make(cls, path: Path) -> RootKey:
        """Read the key file, or write a new one that only its owner can read."""
        if path.exists():
            return cls(**json.loads(path.read_text(encoding="utf-8")))
        made = cls("AKIA" + secrets.token_hex(8).upper(), secrets.token_urlsafe(30))
        write_private(path, json.dumps({"key_id": made.key_id, "secret": made.secret}))
        return made


@dataclass(frozen=True)
class CloudSettings:
    """Everything that may differ between two embedded clouds."""

    data: Path
    port: int = 4566
    relay_port: int = 4567
    tls_port: int = 0
    """The same door by HTTPS, for browsers whose pages came by HTTPS; 0: there is none."""
    certificate: Path | None = None
    """Of that door: certificate and key in one PEM file."""
    large_object: int = 8 * MIB
    """Objects above this many bytes are streamed to files and never held in memory."""
    largest_request: int = 64 * MIB
    """Longest body of a request that is held in memory."""
    disk_reserve: int = 32 * MIB
    """Free bytes that objects leave on the disk, for the journal and the tables."""
    retry: RetryPolicy = field(default_factory=RetryPolicy)
    log_level: str = "WARNING"
    wait_scale: str = "1"
    """Factor on the waits of state machines, for tests."""
    cold: ColdSeconds = field(default_factory=ColdSeconds)
    """How long retrievals from cold storage take until practice says otherwise."""

    @property
    def url(self) -> str:
        return f"http://{HOST}:{self.port}"

    @property
    def run(self) -> Path:
        return self.data / "run"

    @property
    def objects(self) -> Path:
        """Small objects, as ministack keeps them."""
        return self.data / "objects"

    @property
    def blobs(self) -> Path:
        """Large objects and parts, as the gateway keeps them."""
        return self.data / "blobs"

    @property
    def temporary(self) -> Path:
        """What ministack unpacks; emptied at each of its starts."""
        return self.run / "tmp"

    @property
    def journal(self) -> Path:
        return self.data / "journal.sqlite"

    @property
    def signing(self) -> Path:
        """Certificate and key that sign the notifications of topics."""
        return self.data / "signing"

    @property
    def root_key(self) -> Path:
        return self.data / "root-key.json"

    @property
    def mail_token(self) -> Path:
        """The bearer token of the mail interface."""
        return self.data / "mail-token"

    @property
    def practice_token(self) -> Path:
        """The bearer token of the practice page."""
        return self.data / "practice-token"

    @property
    def vault(self) -> Path:
        """Archives of vaults."""
        return self.data / "vault"

    def create_folders(self) -> None:
        """Make the folders, closed to other users."""
        self.data.mkdir(parents=True, exist_ok=True)
        self.data.chmod(0o700)
        mine = (self.run, self.objects, self.blobs, self.vault, self.signing, self.temporary)
        for folder in mine:
            folder.mkdir(exist_ok=True)

    def socket_path(self) -> Path:
        """Where ministack listens: in the run folder, reached by a short link if need be.

        Raises
        ------
        LocalError
            The short link belongs to somebody else.
        """
        direct = self.run / "ministack.sock"
        if len(os.fsencode(direct)) <= SOCKET_PATH_LIMIT:
            return direct
        name = hashlib.sha256(os.fsencode(self.run)).hexdigest()[:16]
        link = Path(tempfile.gettempdir()) / f"gas-{os.getuid()}-{name}"
        try:
            link.symlink_to(self.run)
        except FileExistsError:
            mine = link.is_symlink() and link.lstat().st_uid == os.getuid()
            if not mine or link.resolve() != self.run.resolve():
                raise LocalError(f"{link} is in the way; remove it.") from None
        return link / "ministack.sock"


def load_or_make_token(path: Path) -> str:
    """A random token kept in a file that only its owner can read."""
    if not path.exists():
        write_private(path, secrets.token_urlsafe(32))
    return path.read_text(encoding="utf-8").strip()
