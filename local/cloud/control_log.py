"""The shape of the cloud: every request that changed it, sent again at every start.

Kept small: of each stack only the last template remains, as one CreateStack; of identical
requests one remains.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import logging
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

from multidict import CIMultiDict

from local.cloud.calls import Call
from local.cloud.journal import Journal
from local.cloud.stack_import import bring_back
from local.cloud.upstream import Reply, Upstream, UpstreamError

log = logging.getLogger(__name__)

CFN_VERSION = "2010-05-15"
STACK_ACTIONS = frozenset(
    {"CreateStack", "UpdateStack", "DeleteStack", "CreateChangeSet", "ExecuteChangeSet"}
)
READY = ("CREATE_COMPLETE", "UPDATE_COMPLETE")
STACK_SECONDS = 120.0
ONE_TIME = re.compile(r"client_?(request_?)?token|idempotency", re.IGNORECASE)
KEPT_HEADERS = re.compile(
    r"(content-type|content-md5|x-amz-(?!date|security-token|content-sha256).*)$"
)
IDS = re.compile(
    rb"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|AKIA[0-9A-Z]{16}"
    rb"|secret:[\w/+=.@-]+-[0-9A-Za-z]{6}"
)


def fingerprint(call: Call) -> str:
    """Equal for requests that ask for the same."""
    if call.headers.get("X-Amz-Target") or call.body.startswith(b"{"):
        body = json.dumps(
            {k: v for k, v in call.json().items() if not ONE_TIME.match(k)}, sort_keys=True
        )
    elif " " not in call.action:
        body = urlencode(sorted((k, v) for k, v in call.form().items() if not ONE_TIME.match(k)))
    else:
        body = hashlib.sha256(call.body).hexdigest()
    text = "\n".join([call.service, call.action, call.method, call.raw_path, call.region, body])
    return hashlib.sha256(text.encode()).hexdigest()


def is_creation(call: Call) -> bool:
    """Whether repeating this request changes nothing as long as its thing exists."""
    if " " not in call.action:
        return call.action.startswith(("Create", "Register", "Subscribe"))
    is_bucket = call.service == "s3" and call.method == "PUT" and "?" not in call.raw_path
    return is_bucket or (call.service == "lambda" and call.method == "POST")


class ControlLog:
    """Records the requests that shape the cloud, and repeats them."""

    def __init__(self, journal: Journal, upstream: Upstream) -> None:
        self._journal = journal
        self._upstream = upstream
        self.lock = asyncio.Lock()
        """Held from before such a request is sent until it is recorded, so that the order of
        the log is the order of events."""

    async def keep(self, call: Call, reply: Reply) -> None:
        """Record a request that ministack has carried out."""
        if call.service == "cloudformation" and call.action in STACK_ACTIONS:
            await self._keep_stack(call, reply)
            return
        mark = fingerprint(call)
        earlier = self._journal.read(
            "SELECT seq FROM control WHERE fingerprint = ? ORDER BY seq DESC LIMIT 1", (mark,)
        )
        if earlier and is_creation(call):
            removed_since = self._journal.read(
                "SELECT 1 FROM control WHERE seq > ? AND service = ? "
                "AND (action LIKE 'Delete%' OR action LIKE 'Un%' OR method = 'DELETE') LIMIT 1",
                (earlier[0][0], call.service),
            )
            if not removed_since:
                return
        await self._journal.write(
            ("DELETE FROM control WHERE fingerprint = ?", (mark,)),
            self._insertion(None, mark, call, reply.body),
        )

    async def _keep_stack(self, call: Call, reply: Reply) -> None:
        form = call.form()
        stack = _plain_name(form.get("StackName", ""))
        name = f"stack {stack}"
        if call.action == "CreateChangeSet":
            change = f"change {stack} {_plain_name(form.get('ChangeSetName', ''))}"
            await self._journal.write(
                ("DELETE FROM control WHERE name = ?", (change,)),
                self._insertion(change, change, call, reply.body),
            )
            return
        if call.action == "DeleteStack":
            await self._journal.write(("DELETE FROM control WHERE name = ?", (name,)))
            return
        if call.action == "ExecuteChangeSet":
            change = f"change {stack} {_plain_name(form.get('ChangeSetName', ''))}"
            rows = self._journal.read("SELECT body FROM control WHERE name = ?", (change,))
            if not rows:
                return
            form = dict(_pairs(rows[0][0]))
        await self._replace_stack(name, stack, call, form, reply)

    async def _replace_stack(
        self, name: str, stack: str, call: Call, form: dict[str, str], reply: Reply
    ) -> None:
        """Write what the stack is now as one CreateStack, where the stack was in the log."""
        rows = self._journal.read("SELECT seq, body, answer FROM control WHERE name = ?", (name,))
        before = dict(_pairs(rows[0][1])) if rows else {}
        merged = merge_stack(before, form)
        merged |= {"Action": "CreateStack", "Version": CFN_VERSION, "StackName": stack}
        body = urlencode(merged).encode()
        statements: list[Any] = [
            ("DELETE FROM control WHERE name LIKE ?", (f"change {stack} %",)),
        ]
        if rows:
            statements.append(
                ("UPDATE control SET body = ?, headers = ? WHERE seq = ?",
                 (body, _headers(call), rows[0][0]))
            )  # fmt: skip
        else:
            statements.append(self._insertion(name, name, call, reply.body, body, "CreateStack"))
        await self._journal.write(*statements)

    def _insertion(
        self,
        name: str | None,
        mark: str,
        call: Call,
        answer: bytes,
        body: bytes | None = None,
        action: str | None = None,
    ) -> tuple[str, tuple[Any, ...]]:
        from local.cloud.sessions import without_signature

        return (
            "INSERT INTO control (name, fingerprint, service, action, region, method, path, "
            "headers, body, answer) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                name,
                mark,
                call.service,
                action or call.action,
                call.region,
                call.method,
                without_signature(call.raw_path),
                _headers(call),
                call.body if body is None else body,
                answer,
            ),
        )

    async def replay(self) -> None:
        """Send everything again. Ids that come out anew are followed through what comes later."""
        rows = self._journal.read(
            "SELECT service, action, region, method, path, headers, body, answer FROM control "
            "WHERE name IS NULL OR name NOT LIKE 'change %' ORDER BY seq"
        )
        renamed: dict[bytes, bytes] = {}
        for service, action, region, method, path, headers, body, answer in rows:
            reply = await self._upstream.as_root(
                service,
                method,
                _rename(path.encode(), renamed).decode(),
                json.loads(headers),
                _rename(bytes(body), renamed),
                region,
            )
            if not reply.ok:
                text = reply.body.decode(errors="replace")[:300]
                log.info("%s %s was not repeated: %s %s", service, action, reply.status, text)
                continue
            if service == "cloudformation" and action == "CreateStack":
                reply = await self._finish_stack(_rename(bytes(body), renamed), reply)
            renamed |= dict(_pair_ids(bytes(answer), reply.body))

    async def _finish_stack(self, body: bytes, reply: Reply) -> Reply:
        """Wait for a stack that is made again; the answer that names it."""
        form = dict(_pairs(body))
        if await self.settled(form["StackName"]) in READY:
            return reply
        brought = await bring_back(self._upstream, self.settled, form)
        if brought is not None:
            status = await self.settled(form["StackName"])
            log.info("Stack %s is back with its buckets: %s", form["StackName"], status)
        return brought or reply

    async def settled(self, stack: str) -> str:
        """Wait until a stack is not in progress any more; its status, empty if it is gone."""
        deadline = asyncio.get_running_loop().time() + STACK_SECONDS
        status = "UNKNOWN_IN_PROGRESS"
        pause = 0.01
        while status.endswith("_IN_PROGRESS") and asyncio.get_running_loop().time() < deadline:
            try:
                answer = await self._upstream.query(
                    "cloudformation", "DescribeStacks", CFN_VERSION, {"StackName": stack}
                )
            except UpstreamError:
                return ""
            status = next(
                (e.text or "" for e in answer.iter() if e.tag.endswith("}StackStatus")), ""
            )
            if status.endswith("_IN_PROGRESS"):
                await asyncio.sleep(pause)
                pause = min(pause * 1.5, 0.5)
        if status not in (*READY, "DELETE_COMPLETE", "IMPORT_COMPLETE"):
            log.warning("Stack %s: %s", stack, status)
        return status


def merge_stack(before: dict[str, str], form: dict[str, str]) -> dict[str, str]:
    """The parameters of a CreateStack that makes what an UpdateStack leaves behind."""
    merged = {
        name: value
        for name, value in form.items()
        if not name.startswith(("UsePrevious", "ChangeSet", "Parameters.", "ClientRequestToken"))
        and name not in ("Description", "OnStackFailure", "DisableRollback")
    }
    if form.get("UsePreviousTemplate") == "true":
        merged |= {k: v for k, v in before.items() if k in ("TemplateBody", "TemplateURL")}
    old = _parameters(before)
    values = {
        name: old.get(name, "") if value is None else value
        for name, value in _parameters(form).items()
    }
    for number, (name, value) in enumerate(values.items(), start=1):
        merged[f"Parameters.member.{number}.ParameterKey"] = name
        merged[f"Parameters.member.{number}.ParameterValue"] = value or ""
    return merged


def _parameters(form: dict[str, str]) -> dict[str, str | None]:
    """Stack parameters by name; ``None`` where the previous value is wanted."""
    found: dict[str, str | None] = {}
    for name, value in form.items():
        if name.startswith("Parameters.member.") and name.endswith(".ParameterKey"):
            stem = name.removesuffix("ParameterKey")
            keep = form.get(stem + "UsePreviousValue") == "true"
            found[value] = None if keep else form.get(stem + "ParameterValue", "")
    return found


def _pairs(body: bytes) -> list[tuple[str, str]]:
    from urllib.parse import parse_qsl

    return parse_qsl(bytes(body).decode(), keep_blank_values=True)


def _plain_name(name: str) -> str:
    """The name in an ARN of a stack or a change set, or the name itself."""
    return name.split("/")[1] if name.startswith("arn:") and "/" in name else name


def _headers(call: Call) -> str:
    kept: CIMultiDict[str] = CIMultiDict(
        (name, value) for name, value in call.headers.items() if KEPT_HEADERS.match(name.lower())
    )
    return json.dumps(dict(kept))


def _pair_ids(old: bytes, new: bytes) -> Iterator[tuple[bytes, bytes]]:
    before, after = IDS.findall(old), IDS.findall(new)
    if len(before) == len(after):
        yield from (pair for pair in zip(before, after, strict=True) if pair[0] != pair[1])


def _rename(text: bytes, renamed: dict[bytes, bytes]) -> bytes:
    if not renamed:
        return text
    return IDS.sub(lambda found: renamed.get(found[0], found[0]), text)
