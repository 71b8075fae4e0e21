"""The one TCP door of the embedded cloud."""

from __future__ import annotations

import asyncio
import logging

import aiohttp
from aiohttp import web
from multidict import CIMultiDict

from local.addresses import HOST
from local.cloud.blobs import BlobStore
from local.cloud.bodies import BodyTooLarge, read_body
from local.cloud.calls import read_call
from local.cloud.child import Child
from local.cloud.errors import refusal
from local.cloud.guard import is_blocked, is_local, may_enter
from local.cloud.herald import Herald
from local.cloud.journal import Journal
from local.cloud.mail import Mailbox
from local.cloud.pipeline import Pipeline
from local.cloud.postman import Postman
from local.cloud.practice import Practice
from local.cloud.relay import Relay
from local.cloud.s3_gate import S3Gate, is_for_s3
from local.cloud.s3_read import true_events, true_messages
from local.cloud.s3_requests import s3_error
from local.cloud.sessions import Sessions
from local.cloud.settings import CloudSettings, RootKey, load_or_make_token
from local.cloud.signing import CERTIFICATE_PATH, Signer
from local.cloud.subscriptions import Subscriptions
from local.cloud.tally import Tally
from local.cloud.upstream import Reply, Upstream, UpstreamError, end_to_end
from local.cloud.vault.api import VaultGate
from local.cloud.vault.doorman import Doorman
from local.cloud.vault.jobs import VaultJobs
from local.cloud.vault.operations import VaultOperations
from local.cloud.vault.requests import is_for_vaults
from local.cloud.vault.store import VaultStore

log = logging.getLogger(__name__)

HEALTH = "/_gas/health"
REQUESTS = "/_gas/requests"
MAIL = "/_gas/mail"
PRACTICE = "/_gas/practice/"
HELD_SECONDS = 15.0
"""How long a request waits for ministack to come back before it is refused."""


class Gateway:
    """Takes requests, lets ministack answer them, and keeps what must not be lost."""

    def __init__(self, settings: CloudSettings) -> None:
        settings.create_folders()
        self.settings = settings
        self._root = RootKey.load_or_make(settings.root_key)
        self._journal = Journal(settings.journal)
        self._signer = Signer(settings.signing)
        self._upstream = Upstream(
            str(settings.socket_path()), f"{HOST}:{settings.port}", self._root
        )
        self._sessions = Sessions(self._journal, self._upstream, self._root)
        self._mailbox = Mailbox(self._journal, load_or_make_token(settings.mail_token))
        self._blobs = BlobStore(settings.blobs, self._journal)
        subscriptions = Subscriptions(self._upstream)
        self._postman = Postman(
            settings, self._journal, self._upstream, self._signer, subscriptions
        )
        self.relay = Relay(
            settings,
            self._journal,
            self._upstream,
            subscriptions,
            self._postman,
            self._true_text,
        )
        self._pipeline = Pipeline(
            self._journal, self._upstream, self._sessions, self._mailbox, self.relay
        )
        self._practice = Practice(
            self._journal, load_or_make_token(settings.practice_token), settings.cold
        )
        self._herald = Herald(self._upstream, self._pipeline.mirror)
        self._s3 = S3Gate(
            settings,
            self._upstream,
            self._sessions,
            self._pipeline,
            self._blobs,
            self._practice,
            self._herald,
            self._journal,
        )
        self._vault_store = store = VaultStore(settings.vault, self._journal)
        self._vault_jobs = VaultJobs(self._journal, store, self._practice, self._herald)
        self._vaults = VaultGate(
            Doorman(self._sessions, self._upstream),
            store,
            VaultOperations(store, self._vault_jobs),
            self._practice,
        )
        self._tally = Tally()
        self._postman.settle = self._pipeline.mirror.look
        self._child = Child(settings, self._root, self._restore, self._lose)
        self._ready = asyncio.Event()

    async def start(self) -> None:
        """Start everything; returns once the cloud is as it was."""
        await self._upstream.__aenter__()
        await self._postman.start()
        self._blobs.drop_strays()
        self._vault_store.drop_strays()
        await self._child.start()

    async def stop(self) -> None:
        self._lose()
        await self._pipeline.stop()
        await self._s3.stop()
        await self._vault_jobs.stop()
        await self._postman.stop()
        await self._child.stop()
        await self._upstream.__aexit__(None, None, None)
        self._journal.close()

    async def _restore(self) -> None:
        await self._pipeline.restore()
        await self._s3.restore()
        self._vault_jobs.start()
        self._herald.up.set()
        self._ready.set()

    async def failed(self) -> None:
        """Returns when ministack cannot be kept running any more, raising why."""
        await self._child.failed()

    def _lose(self) -> None:
        self._ready.clear()
        self._herald.up.clear()

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        """Answer one request."""
        if request.path.startswith(PRACTICE):
            return await self._practice.answer(request)
        if request.path.startswith("/_gas/"):
            return self._own_page(request)
        if not is_local(request.headers.get("Host", "")):
            return web.json_response({"message": "This address is not served."}, status=421)
        if is_blocked(request.raw_path):
            return web.json_response({"message": "There is nothing here."}, status=404)
        if not may_enter(request.method, request.raw_path, CIMultiDict(request.headers)):
            return no_entry(request)
        self._tally.count(request, s3=is_for_s3(request))
        try:
            await asyncio.wait_for(self._ready.wait(), HELD_SECONDS)
            if is_for_vaults(request):
                return await self._vaults.answer(request)
            if is_for_s3(request):
                return await self._s3.answer(request)
            return await self._answer(request)
        except (aiohttp.ClientError, UpstreamError, OSError, TimeoutError) as fault:
            log.info("%s %s: %s", request.method, request.path, fault)
            return unavailable(request)

    def _own_page(self, request: web.BaseRequest) -> web.Response:
        if request.path == HEALTH:
            if not self._ready.is_set():
                return web.json_response({"status": "starting"}, status=503)
            return web.json_response({"status": "ok", "ministack": self._child.pid})
        if request.path == REQUESTS:
            return self._tally.answer()
        if request.path == CERTIFICATE_PATH:
            return web.Response(
                body=self._signer.certificate, content_type="application/x-pem-file"
            )
        if request.path == MAIL or request.path.startswith(MAIL + "/"):
            return self._mailbox.answer(request)
        return web.json_response({"message": "There is nothing here."}, status=404)

    async def _answer(self, request: web.BaseRequest) -> web.Response:
        try:
            body = await read_body(request, self.settings.largest_request)
        except BodyTooLarge:
            text = "The request is too large."
            return whole(refusal(request.headers, 413, "RequestEntityTooLarge", text))
        call = read_call(request.method, request.raw_path, request.headers, body)
        reply = await self._pipeline.answer(call)
        if call.action == "ReceiveMessage":
            if request.transport is None:  # the receiver went away while it waited
                await self._pipeline.mirror.give_back(call, reply)
            reply = true_messages(reply, self._true_text)
        return whole(reply)

    def _true_text(self, text: str) -> str:
        """A message with the truth about large objects."""
        return true_events(text, self._blobs.find) if "eTag" in text else text


def no_entry(request: web.BaseRequest) -> web.Response:
    """The answer to a request without a signature that could be checked."""
    text = "The request is not signed with a key of this cloud."
    if is_for_s3(request):
        return s3_error(403, "AccessDenied", text)
    return whole(refusal(request.headers, 403, "UnrecognizedClientException", text))


def whole(reply: Reply) -> web.Response:
    """A whole answer, as ministack gave it."""
    headers = end_to_end(reply.headers)
    if reply.status != 304:
        headers.popall("Content-Length", None)
    return web.Response(status=reply.status, headers=headers, body=reply.body)


def unavailable(request: web.BaseRequest) -> web.Response:
    """The answer while ministack is away; SDKs try again by themselves."""
    text = "The embedded cloud is starting."
    if is_for_s3(request):
        answer = s3_error(503, "ServiceUnavailable", text)
    else:
        answer = whole(refusal(request.headers, 503, "ServiceUnavailable", text))
    answer.headers["Retry-After"] = "1"
    return answer
