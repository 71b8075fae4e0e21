"""The door of the vaults: who asks for what, and may it."""

from __future__ import annotations

import hashlib
from urllib.parse import parse_qsl

from aiohttp import web
from multidict import CIMultiDict

from local.cloud.bodies import BodyTooLarge, read_body
from local.cloud.practice import Practice
from local.cloud.vault.doorman import BODY_HASH, Doorman
from local.cloud.vault.operations import VaultOperations
from local.cloud.vault.refusals import Refusal, arn_of, missing
from local.cloud.vault.requests import VaultRequest, read_target
from local.cloud.vault.store import VaultStore

LARGEST_JSON = 1024 * 1024
STREAMED = ("UploadArchive", "UploadMultipartPart")
WITHOUT_VAULT = ("ListVaults", "CreateVault", "DeleteVault")


class VaultGate:
    """Answers the requests for vaults."""

    def __init__(
        self, doorman: Doorman, store: VaultStore, operations: VaultOperations, practice: Practice
    ) -> None:
        self._doorman = doorman
        self._store = store
        self._operations = operations.by_name()
        self._practice = practice

    async def answer(self, request: web.BaseRequest) -> web.StreamResponse:
        """Answer one request."""
        try:
            return await self._answer(request)
        except Refusal as refusal:
            return refusal.answer()
        except BodyTooLarge:
            return Refusal(413, "RequestEntityTooLarge", "The request is too large.").answer()

    async def _answer(self, request: web.BaseRequest) -> web.StreamResponse:
        path, _, query = request.raw_path.partition("?")
        target = read_target(request.method, path)
        streamed = target.operation in STREAMED
        body = b"" if streamed else await read_body(request, LARGEST_JSON)
        headers: CIMultiDict[str] = CIMultiDict(request.headers)
        body_hash = headers.get(BODY_HASH, "") if streamed else hashlib.sha256(body).hexdigest()
        if not body_hash:
            raise missing(BODY_HASH.lower())
        role = await self._doorman.admit(request.method, request.raw_path, headers, body_hash)
        resource = arn_of(target.vault) if target.vault else "*"
        await self._doorman.require_right(role, f"glacier:{target.operation}", resource)
        if self._practice.cold.outage:
            raise Refusal(503, "ServiceUnavailableException", "Cold storage is out of order.")
        if target.operation not in WITHOUT_VAULT:
            self._store.require(target.vault)
        given = dict(parse_qsl(query, keep_blank_values=True))
        call = VaultRequest(request, target, given, body)
        return await self._operations[target.operation](call)
