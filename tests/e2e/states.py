"""Things on the pages that take more than one person: projects, links, imports."""

from __future__ import annotations

import re

import httpx
import smoke

from tests.e2e.person import Person
from tests.support.waiting import wait_until

VIEW = "impact=HIGH"


def send(person: Person, page: str, action: str, **typed: str) -> httpx.Response:
    """Fill in the form of a page whose action ends like `action`; the answer."""
    shown = smoke.Page(person.client.get(person.web + page).raise_for_status())
    form = next(each for each in shown.forms if re.search(f"{action}$", each.action))
    fields = {name: form.fields[name] for name in ("csrf_token", "request") if name in form.fields}
    answer = person.client.post(
        form.action, data={**fields, **typed}, headers={"Referer": person.web + page}
    )
    return answer.raise_for_status()


def failed_import(person: Person) -> str:
    """The page of a file that could not be fetched: there is none at its address."""
    answer = send(
        person,
        "/annotate/imports",
        "/annotate/imports",
        url=f"{person.web}/healthz/cohort.vcf",
    )
    address = str(answer.url)
    wait_until(
        lambda: 'data-state="failed"' in person.client.get(address).text, seconds=60, every=0.2
    )
    return answer.url.path


def project_with(owner: Person, guest: Person, job_id: str) -> str:
    """A project with a job, to which somebody is invited; the path of its page."""
    address = send(owner, "/projects", "/projects", name="Cardiac panel").url.path
    project = address.rsplit("/", 1)[-1]
    send(owner, address, "/invitations", email=guest.email, role="viewer")
    send(owner, f"/annotations/{job_id}", "/projects/jobs", job=job_id, project=project)
    return address


def guest_of(owner: Person, job_id: str, **wishes: str) -> tuple[str, httpx.Cookies]:
    """Where a stranger is with a link to a job, or to a `view` of it, and her cookies."""
    page = f"/annotations/{job_id}/shares?{wishes.get('view', '')}"
    made = send(owner, page, "/shares", name="For the reviewers", life="604800", **wishes)
    link = re.search(r'id="fresh">([^<]+)<', made.text)
    assert link, made.text[:500]
    with httpx.Client(follow_redirects=True, timeout=60) as stranger:
        opened = stranger.get(link[1]).raise_for_status()
        return opened.url.path, stranger.cookies


def link_of(owner: Person, job_id: str) -> str:
    """The path of the page about the first link to a job."""
    page = owner.client.get(f"{owner.web}/annotations/{job_id}/shares").text
    found = re.search(rf'href="(/annotations/{job_id}/shares/[^"/]+)"', page)
    assert found, "no link is listed"
    return found[1]


def trace_of(owner: Person, job_id: str) -> str:
    """The address of what was done for a job, on the page of the installation's traces."""
    page = owner.client.get(f"{owner.web}/annotations/{job_id}").text
    found = re.search(r'id="trace" href="([^"]+)"', page)
    assert found, "no trace is offered"
    return found[1]
