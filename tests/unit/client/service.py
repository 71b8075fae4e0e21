"""A GAS server and its file store in memory, behind httpx's own transport for tests."""

import hashlib
import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid4

import httpx
from blake3 import blake3

URL = "https://gas.example.org"
STORE = "https://store.example.org"
TOKEN = "gaspat_test"
PART = 1000
"""Bytes of a part."""

Reply = httpx.Response | Exception
Fault = Callable[[httpx.Request], Reply | None]


@dataclass
class Stored:
    """A job and what belongs to it."""

    document: dict[str, Any]
    content: bytes
    looks: int = 0


def problem(status: int, code: str, remedy: str = "Do otherwise.", **more: Any) -> httpx.Response:
    """An error as the service tells it."""
    body: dict[str, Any] = {
        "type": "about:blank",
        "title": "No",
        "status": status,
        "detail": f"It is {code}.",
    }
    body |= {"code": code, "remedy": remedy, "request_id": "r1", **more}
    return httpx.Response(status, json=body)


@dataclass
class Service:
    """Answers requests; `faults` are asked first, and removed once one has had its say."""

    jobs: dict[str, Stored] = field(default_factory=dict)
    requests: list[httpx.Request] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    uploads: dict[str, dict[str, Any]] = field(default_factory=dict)
    looks_to_end: int = 1
    """A job has ended after it was looked at so often."""
    outcome: str = "COMPLETED"
    revoked: bool = False
    device_errors: list[str] = field(default_factory=list)
    """What a device is told before it gets its token."""
    damage: int = 0
    """So many downloads differ from what they should be."""

    def transport(self) -> httpx.MockTransport:
        return httpx.MockTransport(self.handle)

    def asked(self, method: str, path: str) -> list[httpx.Request]:
        """The requests of that kind."""
        return [r for r in self.requests if r.method == method and re.search(path, r.url.path)]

    def fail(self, path: str, reply: Reply, times: int = 1) -> None:
        """Answer the next requests whose path matches so."""
        for _ in range(times):
            self.faults.append(lambda r: reply if re.search(path, r.url.path) else None)

    def handle(self, request: httpx.Request) -> httpx.Response:
        request.read()
        self.requests.append(request)
        for fault in self.faults:
            reply = fault(request)
            if reply is not None:
                self.faults.remove(fault)
                if isinstance(reply, Exception):
                    raise reply
                return reply
        if request.url.path.startswith("/device/"):
            return self._device(request.url.path)
        if request.url.host == "store.example.org":
            assert "authorization" not in request.headers, "the store must not see the token"
            return self._store(request)
        if request.headers.get("authorization") != f"Bearer {TOKEN}" or self.revoked:
            return problem(401, "invalid_token", "Make a new one.")
        path = request.url.path.removeprefix("/api/v1")
        for method, rule, view in ROUTES:
            found = re.fullmatch(rule, path)
            if found and method == request.method:
                answer: httpx.Response = view(self, request, *found.groups())
                return answer
        return problem(404, "not_found")

    def _device(self, path: str) -> httpx.Response:
        if path == "/device/code":
            begun: dict[str, Any] = {"device_code": "d1", "user_code": "BCDF-GHJK", "interval": 0}
            begun |= {"verification_uri": f"{URL}/device", "expires_in": 600}
            return httpx.Response(200, json=begun)
        if self.device_errors:
            return httpx.Response(400, json={"error": self.device_errors.pop(0)})
        return httpx.Response(200, json={"access_token": TOKEN, "token_type": "Bearer"})

    # ------------------------------------------------------------ the file store

    def _store(self, request: httpx.Request) -> httpx.Response:
        _, what, name = request.url.path.split("/", 2)
        if what == "post":
            kind = request.headers["content-type"].split("boundary=")[1]
            file = request.content.split(b"\r\n\r\n")[-1].removesuffix(
                f"\r\n--{kind}--\r\n".encode()
            )
            self.uploads[name] |= {"content": file}
            return _arrived(204, file)
        if what == "part":
            upload, number = name.split("/")
            self.uploads[upload]["parts"][int(number)] = request.content
            return _arrived(200, request.content)
        return self._get(request, result_of(self.jobs[name]))

    def _get(self, request: httpx.Request, content: bytes) -> httpx.Response:
        if self.damage:
            self.damage -= 1
            content = bytes(reversed(content))
        found = re.fullmatch(r"bytes=(\d+)-", request.headers.get("range", ""))
        if not found:
            return httpx.Response(200, stream=httpx.ByteStream(content))
        start = int(found[1])
        head = {"Content-Range": f"bytes {start}-{len(content) - 1}/{len(content)}"}
        return httpx.Response(206, stream=httpx.ByteStream(content[start:]), headers=head)

    # ------------------------------------------------------------ the API

    def sign(self, request: httpx.Request) -> httpx.Response:
        job_id, body = str(uuid4()), json.loads(request.content)
        self.uploads[job_id] = {**body, "parts": {}, "content": None}
        signed: dict[str, Any] = {
            "job_id": job_id,
            "key": f"u/{job_id}~x",
            "url": f"{STORE}/post/{job_id}",
        }
        signed |= {"fields": {"policy": "p"}, "max_bytes": 10**9, "expires_in": 900}
        return httpx.Response(201, json=signed)

    def start(self, request: httpx.Request) -> httpx.Response:
        body = json.loads(request.content)
        job_id = str(uuid4())
        self.uploads[job_id] = {**body, "parts": {}, "content": None}
        begun = {"upload": job_id, "job_id": job_id, "key": f"u/{job_id}~x", "part_size": PART}
        return httpx.Response(201, json={**begun, "parts": -(-body["size"] // PART)})

    def sign_parts(self, request: httpx.Request) -> httpx.Response:
        body = json.loads(request.content)
        urls = {str(n): f"{STORE}/part/{body['upload']}/{n}" for n in body["numbers"]}
        return httpx.Response(200, json={"urls": urls, "expires_in": 900})

    def list_parts(self, request: httpx.Request) -> httpx.Response:
        upload = self.uploads.get(json.loads(request.content)["upload"])
        if upload is None or upload["content"] is not None:
            return problem(410, "upload_gone")
        return httpx.Response(200, json={"numbers": sorted(upload["parts"])})

    def complete(self, request: httpx.Request) -> httpx.Response:
        name = json.loads(request.content)["upload"]
        upload = self.uploads.get(name)
        if upload is None:
            return problem(410, "upload_gone")
        upload["content"] = b"".join(part for _, part in sorted(upload["parts"].items()))
        return httpx.Response(200, json={"job_id": name, "key": f"u/{name}~x"})

    def create(self, request: httpx.Request) -> httpx.Response:
        job_id = json.loads(request.content)["key"][2:38]
        upload = self.uploads[job_id]
        if job_id not in self.jobs:
            document = job_document(job_id, upload["file_name"], upload["options"])
            self.jobs[job_id] = Stored(document, upload["content"])
        return httpx.Response(201, json=self.jobs[job_id].document)

    def add(self, name: str = "a.vcf", content: bytes = b"abc", status: str = "PENDING") -> str:
        """A job that is there already; its id."""
        job_id = str(uuid4())
        self.jobs[job_id] = Stored(job_document(job_id, name, {"pack": "demo"}), content)
        if status != "PENDING":
            self._end(self.jobs[job_id], status)
        return job_id

    def earlier(self, request: httpx.Request) -> httpx.Response:
        asked = json.loads(request.content)
        found = [
            each.document
            for each in self.jobs.values()
            if (blake3(each.content).hexdigest(), len(each.content))
            == (asked["blake3"], asked["size"])
            and each.document["status"] == "COMPLETED"
        ]
        return httpx.Response(200, json={"job": found[-1] if found else None})

    def webhooks(self, request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, json={"endpoints": [WEBHOOK]})

    def add_webhook(self, request: httpx.Request) -> httpx.Response:
        made = {**WEBHOOK, **json.loads(request.content), "secret": "whsec_c2VjcmV0"}
        return httpx.Response(201, json=made)

    def ping(self, request: httpx.Request, endpoint_id: str) -> httpx.Response:
        return httpx.Response(202, json={**DELIVERY, "state": "pending", "attempts": []})

    def deliveries(self, request: httpx.Request, endpoint_id: str) -> httpx.Response:
        return httpx.Response(200, json={"deliveries": [DELIVERY], "next_cursor": None})

    def delete_webhook(self, request: httpx.Request, endpoint_id: str) -> httpx.Response:
        return httpx.Response(204)

    def page(self, request: httpx.Request) -> httpx.Response:
        jobs = [self._look(each) for each in reversed(self.jobs.values())]
        state = request.url.params.get("status")
        jobs = [job for job in jobs if state in (None, job["status"])]
        start, limit = int(request.url.params.get("cursor", 0)), int(request.url.params["limit"])
        more = str(start + limit) if start + limit < len(jobs) else None
        body = {"jobs": jobs[start : start + limit], "next_cursor": more}
        return httpx.Response(200, json=body)

    def get(self, request: httpx.Request, job_id: str) -> httpx.Response:
        if job_id not in self.jobs:
            return problem(404, "not_found", "Look for it in your list of jobs.")
        return httpx.Response(200, json=self._look(self.jobs[job_id]))

    def cancel(self, request: httpx.Request, job_id: str) -> httpx.Response:
        job = self.jobs[job_id].document
        if job["status"] == "COMPLETED":
            return problem(409, "job_ended")
        job["status"] = "CANCELLED"
        return httpx.Response(200, json=job)

    def rerun(self, request: httpx.Request, job_id: str) -> httpx.Response:
        old = self.jobs[job_id]
        new = self.add(old.document["file_name"], old.content)
        self.jobs[new].document["retry_of"] = job_id
        return httpx.Response(201, json=self.jobs[new].document)

    def delete(self, request: httpx.Request, job_id: str) -> httpx.Response:
        found = self.jobs.pop(job_id, None)
        return httpx.Response(204) if found else problem(404, "not_found")

    def log(self, request: httpx.Request, job_id: str) -> httpx.Response:
        return httpx.Response(200, text="everything went well\n")

    def files(self, request: httpx.Request, job_id: str) -> httpx.Response:
        return httpx.Response(200, json={"files": self.jobs[job_id].document["results"]["files"]})

    def link(self, request: httpx.Request, job_id: str, kind: str) -> httpx.Response:
        files = self.jobs[job_id].document["results"]["files"]
        found = [each for each in files if each["kind"] == kind]
        if not found:
            return problem(409, "results_not_ready")
        link = {"url": f"{STORE}/get/{job_id}", "expires_in": 300}
        return httpx.Response(200, json={**found[0], **link})

    def account(self, request: httpx.Request) -> httpx.Response:
        found: dict[str, Any] = {
            "user_id": str(UUID(int=7)),
            "name": "Ada",
            "email": "ada@example.org",
        }
        found |= {"plan": "free", "max_upload_bytes": 10**8, "max_running_jobs": 1}
        found |= {"keeps_results": False, "requests_per_minute": 120, "stored_bytes": 5}
        return httpx.Response(200, json={**found, "jobs": {"COMPLETED": 3}, "new_field": 1})

    def revoke(self, request: httpx.Request) -> httpx.Response:
        self.revoked = True
        return httpx.Response(204)

    def packs(self, request: httpx.Request) -> httpx.Response:
        pack: dict[str, Any] = {"name": "demo", "pack_id": "d1", "assembly": "GRCh37", "contigs": 4}
        return httpx.Response(200, json={"packs": [{**pack, "stores": ["clinvar"]}]})

    def variants(self, request: httpx.Request) -> httpx.Response:
        asked = json.loads(request.content)["variants"]
        answers = [_variant(text) for text in asked]
        body = {"pack": "demo", "pack_id": "d1", "assembly": "GRCh37", "variants": answers}
        return httpx.Response(200, json=body)

    # ------------------------------------------------------------ the annotator

    def _look(self, job: Stored) -> dict[str, Any]:
        job.looks += 1
        if job.looks >= self.looks_to_end and job.document["status"] == "PENDING":
            self._end(job, self.outcome)
        return job.document

    def _end(self, job: Stored, status: str) -> None:
        job.document["status"] = status
        if status == "FAILED":
            words = {"code": "not_a_vcf", "message": "It is no VCF.", "remedy": "Send a VCF."}
            job.document["failure"] = {**words, "line": 1}
        elif status == "COMPLETED":
            result = result_of(job)
            stem = job.document["file_name"].split(".vcf")[0]
            file: dict[str, Any] = {
                "kind": "annotated",
                "name": f"{stem}.annot.vcf.gz",
                "size": len(result),
            }
            file["sha256"] = hashlib.sha256(result).hexdigest()
            job.document["results"] |= {"situation": "open", "files": [file]}


def result_of(job: Stored) -> bytes:
    return b"annotated " + job.content


def job_document(job_id: str, name: str, options: dict[str, Any]) -> dict[str, Any]:
    """A job that waits, as the API tells it."""
    gone = ("started_at", "finished_at", "queue", "seconds_to_end", "receipt", "failure")
    return {
        **dict.fromkeys((*gone, "retry_of", "retried_by")),
        "job_id": job_id,
        "status": "PENDING",
        "file_name": name,
        "size": 3,
        "submitted_at": "2026-11-21T10:00:00Z",
        "attempts": 0,
        "max_attempts": 3,
        "options": {"pack": "demo", "strict": False, "contig_names": {}} | options,
        "progress": {"records_done": 0, "percent": 0},
        "results": {"situation": "none", "open_until": None, "expected_at": None, "files": []},
    }


def _arrived(status: int, content: bytes) -> httpx.Response:
    etag = hashlib.md5(content, usedforsecurity=False).hexdigest()
    return httpx.Response(status, headers={"ETag": f'"{etag}"'})


def _variant(text: str) -> dict[str, Any]:
    if text.startswith("bad"):
        wrong = {"code": "not_understood", "message": "Not a variant.", "remedy": "Look at it."}
        return {"site": None, "alleles": [], "problem": {**wrong, "found": "", "expected": ""}}
    site = {"chrom": "20", "pos": 4680251, "ref": "A", "alt": "G", "info": ""}
    row: dict[str, Any] = {
        "symbol": "PRNP",
        "consequence": "missense_variant",
        "hgvsp": "p.Met129Val",
    }
    return {"site": site, "alleles": [row], "problem": None}


WEBHOOK: dict[str, Any] = {
    **dict.fromkeys(("disabled_because", "failing_since", "old_secret_until")),
    "endpoint_id": str(UUID(int=9)),
    "url": "https://hooks.example.org/gas",
    "events": ["job.completed"],
    "description": "",
    "format": "standard",
    "enabled": True,
    "created_at": "2026-11-21T10:00:00Z",
}
DELIVERY: dict[str, Any] = {
    "delivery_id": "msg_1",
    "event": "ping",
    "created_at": "2026-11-21T10:00:00Z",
    "state": "delivered",
    "next_at": None,
    "body": "{}",
    "attempts": [
        {
            "at": "2026-11-21T10:00:01Z",
            "url": "https://hooks.example.org/gas",
            "milliseconds": 12,
            "request_headers": {},
            "status": 204,
            "response_headers": {},
            "response": "",
            "error": "",
        }
    ],
}
_JOB = r"/jobs/([0-9a-f-]{36})"
_HOOK = r"/webhooks/([0-9a-f-]{36})"
ROUTES: tuple[tuple[str, str, Any], ...] = (
    ("GET", "/account", Service.account),
    ("DELETE", "/tokens/current", Service.revoke),
    ("GET", "/packs", Service.packs),
    ("POST", "/uploads", Service.sign),
    ("POST", "/uploads/parts", Service.start),
    ("POST", "/uploads/parts/sign", Service.sign_parts),
    ("POST", "/uploads/parts/list", Service.list_parts),
    ("POST", "/uploads/parts/complete", Service.complete),
    ("POST", "/jobs", Service.create),
    ("POST", "/jobs/earlier", Service.earlier),
    ("GET", "/webhooks", Service.webhooks),
    ("POST", "/webhooks", Service.add_webhook),
    ("DELETE", _HOOK, Service.delete_webhook),
    ("POST", f"{_HOOK}/ping", Service.ping),
    ("GET", f"{_HOOK}/deliveries", Service.deliveries),
    ("GET", "/jobs", Service.page),
    ("GET", _JOB, Service.get),
    ("GET", f"{_JOB}/wait", Service.get),
    ("POST", f"{_JOB}/cancel", Service.cancel),
    ("POST", f"{_JOB}/rerun", Service.rerun),
    ("DELETE", _JOB, Service.delete),
    ("GET", f"{_JOB}/log", Service.log),
    ("GET", f"{_JOB}/files", Service.files),
    ("GET", f"{_JOB}/files/([a-z]+)", Service.link),
    ("POST", "/variants", Service.variants),
)
