"""Stacks in the control log: of each one only what it is now, as one CreateStack.

While an update is under way, what the stack was before is kept beside it: CloudFormation goes
back to it when the update fails, and so does the log.
"""

from __future__ import annotations

import asyncio
import logging
from urllib.parse import parse_qsl, urlencode

from local.cloud.calls import Call
from local.cloud.control_entry import entry_of, kept_headers
from local.cloud.journal import Journal, Statement
from local.cloud.stack_import import bring_back
from local.cloud.upstream import Reply, Upstream, UpstreamError

log = logging.getLogger(__name__)

VERSION = "2010-05-15"
ACTIONS = frozenset(
    {"CreateStack", "UpdateStack", "DeleteStack", "CreateChangeSet", "ExecuteChangeSet"}
)
READY = ("CREATE_COMPLETE", "UPDATE_COMPLETE")
GONE = ("", "DELETE_COMPLETE", "CREATE_FAILED", "ROLLBACK_COMPLETE", "ROLLBACK_FAILED")
"""Where the creation came to nothing, or the stack is deleted."""
SECONDS = 120.0
UPDATE_ONLY = ("UsePrevious", "ChangeSet", "Parameters.", "ClientRequestToken", "Stack", "Import")
FORM = {"Content-Type": "application/x-www-form-urlencoded; charset=utf-8"}

Form = dict[str, str]


class StackLog:
    """Writes stacks into the control log and follows what becomes of them."""

    def __init__(self, journal: Journal, upstream: Upstream) -> None:
        self._journal = journal
        self._upstream = upstream

    async def keep(self, call: Call, reply: Reply) -> None:
        """Record an operation on a stack that ministack has begun."""
        form = call.form()
        stack = plain_name(form.get("StackName", ""))
        change = f"change {stack} {plain_name(form.get('ChangeSetName', ''))}"
        if call.action == "CreateChangeSet":
            await self._journal.write(
                ("DELETE FROM control WHERE name = ?", (change,)),
                entry_of(call, reply.body, change, name=change),
            )
        elif call.action == "DeleteStack":
            await self._journal.write(*self._removal(stack))
        elif call.action == "ExecuteChangeSet":
            prepared = self._change_set(stack, plain_name(form.get("ChangeSetName", "")))
            if prepared is not None:
                await self._replace(prepared["StackName"], call, prepared, reply)
        else:
            await self._replace(stack, call, form, reply)

    async def _replace(self, stack: str, call: Call, form: Form, reply: Reply) -> None:
        """Write what the stack shall be, where the stack was in the log."""
        name = f"stack {stack}"
        before = self._body(name)
        merged = merge(read_form(before) if before is not None else {}, form)
        merged |= {"Action": "CreateStack", "Version": VERSION, "StackName": stack}
        body = urlencode(merged).encode()
        statements: list[Statement] = [
            ("DELETE FROM control WHERE name LIKE ?", (f"change {stack} %",))
        ]
        if before is None:
            statements.append(
                entry_of(call, reply.body, name, name=name, body=body, action="CreateStack")
            )
        else:
            if self._body(f"before {stack}") is None:
                earlier = f"before {stack}"
                statements.append(entry_of(call, b"", earlier, name=earlier, body=before))
            statements.append(
                (
                    "UPDATE control SET body = ?, headers = ? WHERE name = ?",
                    (body, kept_headers(call), name),
                )
            )
        await self._journal.write(*statements)

    def names(self) -> list[str]:
        """The stacks in the log."""
        rows = self._journal.read("SELECT name FROM control WHERE name LIKE 'stack %'")
        return [str(row[0]).removeprefix("stack ") for row in rows]

    def _change_set(self, stack: str, change: str) -> Form | None:
        """The request that prepared a change set, which may be named without its stack."""
        rows = self._journal.read(
            "SELECT body FROM control WHERE name LIKE ? ORDER BY seq DESC LIMIT 1",
            (f"change {stack or '%'} {change}",),
        )
        if not rows:
            return None
        prepared = read_form(bytes(rows[0][0]))
        return prepared | {"StackName": plain_name(prepared["StackName"])}

    async def follow(self, stack: str) -> None:
        """Wait until a stack has settled, and write down what has become of it."""
        stack = plain_name(stack)
        status = await self.settled(stack)
        if status in GONE:
            if self._body(f"before {stack}") is None and self._body(f"stack {stack}") is not None:
                await self._journal.write(*self._removal(stack))
        elif status in READY:
            await self._journal.write(("DELETE FROM control WHERE name = ?", (f"before {stack}",)))
        elif status.startswith("UPDATE_ROLLBACK"):
            await self._go_back(stack)

    async def remake(self, body: bytes, reply: Reply) -> Reply:
        """Wait for a stack that is made again after a start; the answer that names it."""
        form = read_form(body)
        stack = form["StackName"]
        if await self._is_made(form):
            return reply
        before = self._body(f"before {stack}")
        if before is None:
            log.error("The stack %s could not be made again.", stack)
            return reply
        log.warning("The update of %s failed; the stack is made as it was before.", stack)
        await self._upstream.query("cloudformation", "DeleteStack", VERSION, {"StackName": stack})
        await self.settled(stack)
        again = await self._upstream.as_root("cloudformation", "POST", "/", FORM, before)
        if again.ok and await self._is_made(read_form(before)):
            await self._go_back(stack)
        return again

    async def _is_made(self, form: Form) -> bool:
        """Wait for a creation, helping it over buckets that are there already."""
        if await self.settled(form["StackName"]) in READY:
            return True
        brought = await bring_back(self._upstream, self.settled, form)
        return brought is not None and await self.settled(form["StackName"]) in READY

    async def settled(self, stack: str) -> str:
        """Wait until a stack is not in progress any more; its status, empty if it is gone."""
        deadline = asyncio.get_running_loop().time() + SECONDS
        pause = 0.01
        while True:
            status = await self._status(stack)
            if not status.endswith("_IN_PROGRESS") or asyncio.get_running_loop().time() > deadline:
                return status
            await asyncio.sleep(pause)
            pause = min(pause * 1.5, 0.5)

    async def _status(self, stack: str) -> str:
        try:
            answer = await self._upstream.query(
                "cloudformation", "DescribeStacks", VERSION, {"StackName": stack}
            )
        except UpstreamError as fault:
            if fault.status >= 500:
                raise
            return ""
        return next((e.text or "" for e in answer.iter() if e.tag.endswith("}StackStatus")), "")

    async def _go_back(self, stack: str) -> None:
        before = self._body(f"before {stack}")
        if before is not None:
            await self._journal.write(
                ("UPDATE control SET body = ? WHERE name = ?", (before, f"stack {stack}")),
                ("DELETE FROM control WHERE name = ?", (f"before {stack}",)),
            )

    def _body(self, name: str) -> bytes | None:
        rows = self._journal.read("SELECT body FROM control WHERE name = ?", (name,))
        return bytes(rows[0][0]) if rows else None

    @staticmethod
    def _removal(stack: str) -> list[Statement]:
        names = (f"stack {stack}", f"before {stack}")
        return [("DELETE FROM control WHERE name = ?", (name,)) for name in names]


def merge(before: Form, form: Form) -> Form:
    """The parameters of a CreateStack that makes what an update leaves behind."""
    merged = {
        name: value
        for name, value in form.items()
        if not name.startswith(UPDATE_ONLY)
        and name not in ("Description", "OnStackFailure", "DisableRollback", "OnFailure")
    }
    if form.get("UsePreviousTemplate") == "true":
        merged |= {k: v for k, v in before.items() if k in ("TemplateBody", "TemplateURL")}
    old = _parameters(before)
    values = {
        name: old.get(name) if value is None else value for name, value in _parameters(form).items()
    }
    for number, (name, value) in enumerate(values.items(), start=1):
        merged[f"Parameters.member.{number}.ParameterKey"] = name
        merged[f"Parameters.member.{number}.ParameterValue"] = value or ""
    return merged


def _parameters(form: Form) -> dict[str, str | None]:
    """Stack parameters by name; ``None`` where the previous value is wanted."""
    found: dict[str, str | None] = {}
    for name, value in form.items():
        if name.startswith("Parameters.member.") and name.endswith(".ParameterKey"):
            stem = name.removesuffix("ParameterKey")
            keep = form.get(stem + "UsePreviousValue") == "true"
            found[value] = None if keep else form.get(stem + "ParameterValue", "")
    return found


def read_form(body: bytes) -> Form:
    return dict(parse_qsl(body.decode(), keep_blank_values=True))


def plain_name(name: str) -> str:
    """The name in an ARN of a stack or a change set, or the name itself."""
    return name.split("/")[1] if name.startswith("arn:") and "/" in name else name
