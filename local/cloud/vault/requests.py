"""Reads what a request for vaults asks for.

Paths are ``/ACCOUNT/vaults/NAME/...``; ``ACCOUNT`` is ``-`` or the number of the one account.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import unquote

from aiohttp import web
from multidict import CIMultiDict

from local.cloud.settings import ACCOUNT
from local.cloud.sigv4 import parse_signature
from local.cloud.vault.refusals import Refusal, invalid, missing, not_found

PATH = re.compile(r"/(?P<account>[^/]+)/vaults(?:/(?P<vault>[^/]+)(?P<rest>/.*)?)?$")
NAME = re.compile(r"[A-Za-z0-9_.-]{1,255}$")
DESCRIPTION = re.compile(r"[ -~]{0,1024}$")
ONE = "/([^/]+)"
ROUTES = (
    ("GET", False, "", "ListVaults"),
    ("PUT", True, "", "CreateVault"),
    ("GET", True, "", "DescribeVault"),
    ("DELETE", True, "", "DeleteVault"),
    ("POST", True, "/archives", "UploadArchive"),
    ("DELETE", True, "/archives" + ONE, "DeleteArchive"),
    ("POST", True, "/multipart-uploads", "InitiateMultipartUpload"),
    ("GET", True, "/multipart-uploads", "ListMultipartUploads"),
    ("PUT", True, "/multipart-uploads" + ONE, "UploadMultipartPart"),
    ("POST", True, "/multipart-uploads" + ONE, "CompleteMultipartUpload"),
    ("DELETE", True, "/multipart-uploads" + ONE, "AbortMultipartUpload"),
    ("GET", True, "/multipart-uploads" + ONE, "ListParts"),
    ("POST", True, "/jobs", "InitiateJob"),
    ("GET", True, "/jobs", "ListJobs"),
    ("GET", True, "/jobs" + ONE, "DescribeJob"),
    ("GET", True, "/jobs" + ONE + "/output", "GetJobOutput"),
)
"""Method, whether the path names a vault, what follows it, and the name of the operation (also in
policies)."""


def is_for_vaults(request: web.BaseRequest) -> bool:
    """Whether a request is for Glacier, by its signature."""
    signed = parse_signature(request.raw_path, CIMultiDict(request.headers))
    return signed is not None and signed.scope.service == "glacier"


@dataclass(frozen=True)
class Target:
    """What a path leads to."""

    operation: str
    """As it is called in policies, behind ``glacier:``."""
    vault: str
    id: str
    """Of an archive, an upload or a job, where the path has one."""


def read_target(method: str, path: str) -> Target:
    """Find the operation of a method and a path (without its query).

    Raises
    ------
    Refusal
        There is none, or the vault's name cannot be one.
    """
    found = PATH.match(path)
    if found is None or found["account"] not in ("-", ACCOUNT):
        raise not_found("There is nothing at this address.")
    vault = unquote(found["vault"] or "")
    if vault and not NAME.match(vault):
        raise invalid(f"Invalid vault name: {vault}")
    for known, has_vault, pattern, operation in ROUTES:
        rest = re.fullmatch(pattern, (found["rest"] or "").rstrip("/"))
        if rest and known == method and has_vault == bool(vault):
            return Target(operation, vault, unquote("".join(rest.groups())))
    raise Refusal(501, "NotImplemented", "The embedded cloud does not offer this operation.")


@dataclass(frozen=True)
class VaultRequest:
    """A request that was let in."""

    request: web.BaseRequest
    target: Target
    query: Mapping[str, str]
    body: bytes
    """Empty where the body is streamed."""

    @property
    def vault(self) -> str:
        return self.target.vault

    @property
    def id(self) -> str:
        return self.target.id

    def header(self, name: str) -> str:
        """A header that must be there.

        Raises
        ------
        Refusal
            It is not.
        """
        if name not in self.request.headers:
            raise missing(name)
        return self.request.headers[name]

    def description(self) -> str:
        """What the client says of its archive.

        Raises
        ------
        Refusal
            It is too long, or not printable ASCII.
        """
        text = self.request.headers.get("x-amz-archive-description", "")
        if not DESCRIPTION.match(text):
            raise invalid("Invalid archive description")
        return text
