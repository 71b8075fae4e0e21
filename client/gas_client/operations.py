"""The operations of the API, one plan each."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, TypeVar
from urllib.parse import quote

from gas_client.calling import Caller
from gas_client.errors import ApiError, NotLoggedIn, Unexpected
from gas_client.models import (
    Account,
    Delivery,
    FileLink,
    Job,
    JobPage,
    Options,
    Pack,
    PartsUpload,
    ResultFile,
    SignedUpload,
    Uploaded,
    VariantAnswers,
    Webhook,
)
from gas_client.reading import read
from gas_client.steps import Answer, Plan

T = TypeVar("T")


class Operations:
    """Plans of calls; `gas_client.sync.Gas` says in words what each does."""

    def __init__(self, caller: Caller) -> None:
        self.caller = caller

    # ------------------------------------------------------------ account, packs

    def account(self) -> Plan[Account]:
        return self.caller.call("GET", "/account", _model(Account))

    def revoke_token(self) -> Plan[None]:
        return self.caller.call("DELETE", "/tokens/current", _nothing)

    def packs(self) -> Plan[tuple[Pack, ...]]:
        return self.caller.call("GET", "/packs", _models("packs", Pack))

    # ------------------------------------------------------------ jobs

    def create_job(self, key: str) -> Plan[Job]:
        return self.caller.call("POST", "/jobs", _model(Job), body={"key": key})

    def earlier_job(self, blake3: str, size: int, options: Options) -> Plan[Job | None]:
        """The job that did the same; None also of a server that does not know the question, or
        where the token may not ask it: it is only an offer."""
        body = {"blake3": blake3, "size": size, "options": options_body(options)}

        def found(answer: Answer) -> Job | None:
            told = _json(answer).get("job")
            return read(Job, told) if told else None

        try:
            return (yield from self.caller.call("POST", "/jobs/earlier", found, body=body))
        except NotLoggedIn:
            raise
        except ApiError as error:
            if error.status in (403, 404, 405):
                return None
            raise

    def jobs_page(
        self,
        *,
        status: str | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
        text: str | None = None,
        oldest_first: bool = False,
        limit: int = 20,
        cursor: str | None = None,
    ) -> Plan[JobPage]:
        query = {
            "status": status,
            "since": since.astimezone().isoformat() if since else None,
            "until": until.astimezone().isoformat() if until else None,
            "text": text or None,
            "oldest_first": "true" if oldest_first else None,
            "limit": limit,
            "cursor": cursor,
        }
        return self.caller.call("GET", "/jobs", _model(JobPage), query=query)

    def job(self, job_id: str) -> Plan[Job]:
        return self.caller.call("GET", f"/jobs/{_place(job_id)}", _model(Job))

    def wait_a_while(self, job_id: str, seconds: int) -> Plan[tuple[Job, float]]:
        """The job, and how many seconds to let pass before asking again."""

        def both(answer: Answer) -> tuple[Job, float]:
            after = answer.headers.get("retry-after", "")
            return _model(Job)(answer), float(after) if after.isdigit() else 0.0

        return self.caller.call(
            "GET",
            f"/jobs/{_place(job_id)}/wait",
            both,
            query={"seconds": seconds},
            read_timeout=seconds + 30,
        )

    def cancel(self, job_id: str) -> Plan[Job]:
        return self.caller.call("POST", f"/jobs/{_place(job_id)}/cancel", _model(Job))

    def rerun(self, job_id: str, options: Options) -> Plan[Job]:
        body = {"options": options_body(options)}
        return self.caller.call("POST", f"/jobs/{_place(job_id)}/rerun", _model(Job), body=body)

    def delete(self, job_id: str) -> Plan[None]:
        return self.caller.call("DELETE", f"/jobs/{_place(job_id)}", _nothing)

    def log(self, job_id: str) -> Plan[str]:
        return self.caller.call(
            "GET", f"/jobs/{_place(job_id)}/log", lambda a: a.content.decode("utf-8", "replace")
        )

    # ------------------------------------------------------------ results, variants

    def files(self, job_id: str) -> Plan[tuple[ResultFile, ...]]:
        return self.caller.call(
            "GET", f"/jobs/{_place(job_id)}/files", _models("files", ResultFile)
        )

    # ------------------------------------------------------------ webhooks

    def webhooks(self) -> Plan[tuple[Webhook, ...]]:
        return self.caller.call("GET", "/webhooks", _models("endpoints", Webhook))

    def create_webhook(
        self, url: str, events: Sequence[str], *, description: str, format: str
    ) -> Plan[Webhook]:
        body = {"url": url, "events": list(events), "description": description, "format": format}
        return self.caller.call("POST", "/webhooks", _model(Webhook), body=body)

    def ping_webhook(self, endpoint_id: str) -> Plan[Delivery]:
        path = f"/webhooks/{_place(endpoint_id)}/ping"
        return self.caller.call("POST", path, _model(Delivery))

    def deliveries(self, endpoint_id: str, limit: int) -> Plan[tuple[Delivery, ...]]:
        path = f"/webhooks/{_place(endpoint_id)}/deliveries"
        read_them = _models("deliveries", Delivery)
        return self.caller.call("GET", path, read_them, query={"limit": limit})

    def delete_webhook(self, endpoint_id: str) -> Plan[None]:
        return self.caller.call("DELETE", f"/webhooks/{_place(endpoint_id)}", _nothing)

    # ------------------------------------------------------------ files

    def file_link(self, job_id: str, kind: str) -> Plan[FileLink]:
        path = f"/jobs/{_place(job_id)}/files/{_place(kind)}"
        return self.caller.call("GET", path, _model(FileLink))

    def variants(
        self,
        variants: Sequence[str | Mapping[str, Any]],
        *,
        pack: str | None = None,
        contig_names: Mapping[str, str] | None = None,
    ) -> Plan[VariantAnswers]:
        body: dict[str, Any] = {"variants": list(variants)}
        if pack:
            body["pack"] = pack
        if contig_names:
            body["contig_names"] = dict(contig_names)
        return self.caller.call("POST", "/variants", _model(VariantAnswers), body=body)

    # ------------------------------------------------------------ uploads

    def sign_upload(self, file_name: str, size: int, options: Options) -> Plan[SignedUpload]:
        body = {"file_name": file_name, "size": size, "options": options_body(options)}
        return self.caller.call("POST", "/uploads", _model(SignedUpload), body=body)

    def start_parts(self, file_name: str, size: int, options: Options) -> Plan[PartsUpload]:
        body = {"file_name": file_name, "size": size, "options": options_body(options)}
        return self.caller.call("POST", "/uploads/parts", _model(PartsUpload), body=body)

    def sign_parts(self, upload: str, numbers: Collection[int]) -> Plan[Mapping[int, str]]:
        body = {"upload": upload, "numbers": sorted(numbers)}

        def urls(answer: Answer) -> Mapping[int, str]:
            found: Mapping[str, str] = read(Mapping[str, str], _json(answer).get("urls"))  # type: ignore[type-abstract]
            return {int(number): url for number, url in found.items()}

        return self.caller.call("POST", "/uploads/parts/sign", urls, body=body)

    def list_parts(self, upload: str) -> Plan[frozenset[int]]:
        return self.caller.call(
            "POST",
            "/uploads/parts/list",
            lambda answer: frozenset(read(tuple[int, ...], _json(answer).get("numbers"))),
            body={"upload": upload},
        )

    def complete_parts(self, upload: str) -> Plan[Uploaded]:
        body = {"upload": upload}
        return self.caller.call("POST", "/uploads/parts/complete", _model(Uploaded), body=body)


def options_body(options: Options) -> dict[str, Any]:
    """The options as a request names them."""
    named = {"pack": options.pack} if options.pack else {}
    usual = Options()
    for name in ("format", "transcripts"):  # a server of before knows neither
        if getattr(options, name) != getattr(usual, name):
            named[name] = getattr(options, name)
    return {**named, "strict": options.strict, "contig_names": dict(options.contig_names)}


def _model(kind: type[T]) -> Callable[[Answer], T]:
    return lambda answer: read(kind, _json(answer))


def _models(name: str, kind: type[T]) -> Callable[[Answer], tuple[T, ...]]:
    return lambda answer: tuple(read(kind, each) for each in _json(answer).get(name, ()))


def _nothing(_answer: Answer) -> None:
    return None


def _json(answer: Answer) -> dict[str, Any]:
    try:
        found = json.loads(answer.content)
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise Unexpected("The server's answer is not one of GAS.")
    return found


def _place(text: str) -> str:
    """A value in a path: nothing in it leads elsewhere."""
    return quote(text, safe="") if text.strip(".") else quote("?" + text, safe="")
