"""Does the main job against a running deployment, by HTTP alone, and says how long each step took.

    python scripts/smoke.py http://127.0.0.1:8000
    python scripts/smoke.py https://localhost:4433 --ca .gas/tls/authority.pem
    GAS_SMOKE_COOKIE='session=…' python scripts/smoke.py https://gas.example.org

Log in, ask for a signed upload, post a VCF to S3, wait for the job, download what came out,
check it, look for the mail. With the embedded default it signs in by itself; a deployment with
the real Globus needs the cookie of a session (`--cookie` or GAS_SMOKE_COOKIE, copied from a
browser). Exit code 0 if everything was right, 1 with the reason if not.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import re
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from typing import cast
from urllib.parse import urljoin, urlsplit

import httpx
from smoke_checks import SmokeFailed, check_companions, check_results

NAME, EMAIL = "GAS smoke test", "smoke@example.org"
ACCEPT_JSON = {"Accept": "application/json"}
FINAL = {"COMPLETED", "FAILED", "CANCELLED"}
MAILBOX_PORT = 8030

# Six places of the human mitochondrial genome where the reference sequence (rCRS) itself carries
# a rare allele, so that nearly every person differs (Andrews et al. 1999, doi:10.1038/13779).
BUILT_IN = "##fileformat=VCFv4.2\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n" + "".join(
    f"MT\t{position}\t.\tA\tG\t.\tPASS\t.\n" for position in (263, 750, 1438, 4769, 8860, 15326)
)


class Clock:
    """Prints each step with its seconds."""

    @contextlib.contextmanager
    def step(self, name: str) -> Iterator[list[str]]:
        """Time a step; what the block appends to the list is printed beside the seconds."""
        begun = time.monotonic()
        notes: list[str] = []
        yield notes
        line = f"{time.monotonic() - begun:8.2f} s  {name}"
        print(f"{line}: {', '.join(notes)}" if notes else line, flush=True)


# ---------------------------------------------------------------- pages


@dataclass
class Form:
    """A form of a page."""

    action: str
    method: str
    identifier: str
    fields: dict[str, str] = field(default_factory=dict)


class Page(HTMLParser):
    """The forms, links and meta tags of a page."""

    def __init__(self, response: httpx.Response) -> None:
        super().__init__()
        self.url = str(response.url)
        self.forms: list[Form] = []
        self.links: list[str] = []
        self.meta: dict[str, str] = {}
        self.feed(response.text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            action = urljoin(self.url, given.get("action", ""))
            method = given.get("method", "get").lower()
            self.forms.append(Form(action, method, given.get("id", "")))
        elif tag == "input" and self.forms and given.get("name"):
            self.forms[-1].fields[given["name"]] = given.get("value", "")
        elif tag == "a" and given.get("href"):
            self.links.append(urljoin(self.url, given["href"]))
        elif tag == "meta" and given.get("name"):
            self.meta[given["name"]] = given.get("content", "")


def log_in(client: httpx.Client, base: str, email: str = EMAIL) -> Page:
    """Open the upload page, signing in on the way if that is asked for; the page."""
    page = _open(client, f"{base}/annotate")
    for _ in range(5):
        if urlsplit(page.url).path == urlsplit(f"{base}/annotate").path:
            return page
        page = _next_page(client, page, email)
    raise SmokeFailed(f"the login leads in circles; the last page was {page.url}")


def _next_page(client: httpx.Client, page: Page, email: str) -> Page:
    """One step of the login: the stand-in's form, or the login page's way to it."""
    for form in page.forms:
        if urlsplit(form.action).path == "/v2/oauth2/authorize" and "email" in form.fields:
            data = {**form.fields, "name": NAME, "email": email, "organization": ""}
            return Page(_good(client.post(form.action, data=data)))
    for link in page.links:
        if re.search(r"/(log-?in|sign-?in)\b", urlsplit(link).path):
            return _open(client, link)
    if "globus.org" in urlsplit(page.url).netloc:
        raise SmokeFailed("this deployment asks the real Globus; give --cookie of a session")
    raise SmokeFailed(f"there is no way to log in on {page.url}; give --cookie of a session")


def _open(client: httpx.Client, url: str) -> Page:
    return Page(_good(client.get(url)))


def _good(response: httpx.Response, *also: int) -> httpx.Response:
    if response.is_success or response.status_code in also:
        return response
    text = re.sub(r"<[^>]+>|\s+", " ", response.text)
    text = re.sub(r" +", " ", text).strip()[:300]
    where = str(response.url).partition("?")[0]
    raise SmokeFailed(f"{response.request.method} {where} answered {response.status_code}: {text}")


# ---------------------------------------------------------------- the job


def sample(client: httpx.Client, base: str, path: Path | None) -> tuple[str, bytes]:
    """Name and bytes of the VCF: the given file, else the deployment's sample, else a tiny one."""
    if path is not None:
        return path.name, path.read_bytes()
    answer = client.get(f"{base}/annotate/sample")
    if answer.status_code == 404:
        return "smoke.vcf", BUILT_IN.encode()
    found = re.search(r'filename="?([^";]+)', _good(answer).headers.get("content-disposition", ""))
    return (found.group(1) if found else "sample.vcf"), answer.content


def upload(client: httpx.Client, base: str, page: Page, name: str, content: bytes) -> str:
    """Ask for a signed upload, post the file to S3, come back; the job's id."""
    token = page.meta.get("csrf-token")
    if not token:
        raise SmokeFailed("the upload page has no csrf-token meta tag")
    signed = _good(
        client.post(
            f"{base}/annotate/uploads",
            json={"file_name": name, "size": len(content)},
            headers={"X-CSRFToken": token, "Referer": page.url, **ACCEPT_JSON},
        )
    ).json()
    # The bucket is another host: it gets no cookie of ours.
    with httpx.Client(timeout=120, trust_env=client.trust_env) as plain:
        posted = plain.post(
            signed["url"],
            data=signed["fields"],
            files={"file": (name, content, "application/octet-stream")},
        )
    if posted.is_redirect:
        back = posted.headers["location"]
    else:
        _good(posted)
        back = urljoin(base + "/", signed["done"])
    arrived = _good(client.get(back))
    job_id = str(signed["job_id"])
    if not urlsplit(str(arrived.url)).path.endswith(f"/annotations/{job_id}"):
        raise SmokeFailed(f"the upload led to {arrived.url} instead of the page of job {job_id}")
    return job_id


def wait(client: httpx.Client, base: str, job_id: str, seconds: float) -> dict[str, object]:
    """Ask for the job until it is finished; its JSON."""
    deadline = time.monotonic() + seconds
    pause = 0.2
    while True:
        job: dict[str, object] = _good(
            client.get(f"{base}/annotations/{job_id}", headers=ACCEPT_JSON)
        ).json()
        if job["job_status"] in FINAL:
            break
        if time.monotonic() > deadline:
            raise SmokeFailed(f"job {job_id} is still {job['job_status']} after {seconds:.0f} s")
        time.sleep(pause)
        pause = min(pause * 1.3, 3.0)
    if job["job_status"] != "COMPLETED":
        raise SmokeFailed(f"job {job_id} is {job['job_status']}: {job.get('failure')}")
    return job


def download(client: httpx.Client, url: object) -> bytes:
    """Follow a link of the job's JSON to the file."""
    if not isinstance(url, str) or not url:
        raise SmokeFailed("the job's JSON has no results_url")
    return _good(client.get(url)).content


# ---------------------------------------------------------------- mail


def find_mail(mailbox: str, recipient: str, job_id: str, seconds: float) -> str:
    """Wait for the mail about the job; its subject."""
    deadline = time.monotonic() + seconds
    with httpx.Client(base_url=mailbox, timeout=10, trust_env=False) as client:
        seen: set[str] = set()
        while time.monotonic() < deadline:
            query = {"limit": "20", **({"to": recipient} if recipient else {})}
            listed = _good(client.get("/api/messages", params=query)).json()["messages"]
            for message in listed:
                if message["id"] in seen:
                    continue
                seen.add(message["id"])
                full = _good(client.get(f"/api/messages/{message['id']}")).json()
                if job_id in full["text"] + full["html"] + full["subject"]:
                    return str(full["subject"])
            time.sleep(0.5)
    raise SmokeFailed(f"no mail about job {job_id} came within {seconds:.0f} s")


def default_mailbox(base: str) -> str:
    """The embedded default's mailbox beside the web app, if one answers there."""
    mailbox = f"http://{urlsplit(base).hostname}:{MAILBOX_PORT}"
    try:
        with httpx.Client(timeout=2, trust_env=False) as client:
            return mailbox if client.get(f"{mailbox}/healthz").is_success else ""
    except httpx.HTTPError:
        return ""


# ---------------------------------------------------------------- all of it


def smoke(options: argparse.Namespace) -> None:
    """The whole job, step by step.

    Raises:
        SmokeFailed: a step went wrong.
    """
    base, clock = options.url.rstrip("/"), Clock()
    headers = {"User-Agent": "gas-smoke", **({"Cookie": options.cookie} if options.cookie else {})}
    with httpx.Client(headers=headers, follow_redirects=True, timeout=60) as client:
        with clock.step("log in"):
            page = log_in(client, base)
        with clock.step("prepare the file") as notes:
            name, content = sample(client, base, options.file)
            notes.append(f"{name}, {len(content)} bytes")
        with clock.step("signed upload to S3, back to the job's page") as notes:
            job_id = upload(client, base, page, name, content)
            notes.append(f"job {job_id}")
        with clock.step("wait for COMPLETED"):
            job = wait(client, base, job_id, options.timeout)
        with clock.step("download the results") as notes:
            received = download(client, job.get("results_url"))
        with clock.step("check the content") as notes:
            notes.append(check_results(content, received, job))
        with clock.step("check the table, the summary and the receipt") as notes:
            offered = cast("dict[str, dict[str, str]]", job["files"])
            files = {
                which: download(client, file["url"])
                for which, file in offered.items()
                if which != "annotated"
            }
            notes.append(check_companions(files, received, job))
        with clock.step("open the log's page"):
            download(client, job.get("log_url"))
    mailbox = options.mailbox or default_mailbox(base)
    if not mailbox:
        print("            mail: not checked, no mailbox here (--mailbox URL names one)")
        return
    with clock.step("find the mail") as notes:
        recipient = "" if options.cookie else EMAIL
        notes.append(find_mail(mailbox, recipient, job_id, options.mail_timeout))


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("url", help="address of the web app")
    parser.add_argument("--cookie", default=os.environ.get("GAS_SMOKE_COOKIE", ""))
    parser.add_argument("--file", type=Path, help="VCF to annotate (default: the sample)")
    parser.add_argument("--ca", type=Path, help="PEM file of the authority to believe, with HTTPS")
    parser.add_argument("--mailbox", default="", help="default: port 8030 of the same host")
    parser.add_argument("--timeout", type=float, default=300.0, help="seconds to wait for the job")
    parser.add_argument("--mail-timeout", type=float, default=60.0, help="seconds to wait for mail")
    options = parser.parse_args()
    if options.ca:  # read by every client of httpx made from here on
        os.environ["SSL_CERT_FILE"] = str(options.ca)
    begun = time.monotonic()
    try:
        smoke(options)
    except SmokeFailed as fault:
        print(f"FAILED: {fault}", file=sys.stderr)
        return 1
    except (httpx.HTTPError, OSError) as fault:
        print(f"FAILED: {type(fault).__name__}: {fault}", file=sys.stderr)
        return 1
    except (KeyError, ValueError, TypeError) as fault:
        print(f"FAILED: an answer was not as agreed: {fault!r}", file=sys.stderr)
        return 1
    print(f"{time.monotonic() - begun:8.2f} s  all of it: everything is right")
    return 0


if __name__ == "__main__":
    sys.exit(main())
