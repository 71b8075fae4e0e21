"""Every page of the service, with something on it: who opens which address."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import smoke

from tests.e2e.person import Person
from tests.e2e.states import VIEW, failed_import, guest_of, link_of, project_with, trace_of
from tests.support.waiting import wait_until

_SAMPLE = Path("samples/famous_variants.vcf")
_NO_VCF = b"This is a letter to my mother.\n" * 20


#: The pages that are held to every limit.
NAMES = (
    "home",
    "help",
    "status",
    "home-logged-in",
    "annotate",
    "jobs-none",
    "jobs",
    "job",
    "job-failed",
    "log",
    "explore",
    "variant",
    "variants",
    "tokens",
    "api",
    "imports",
    "import-failed",
    "projects",
    "projects-invited",
    "project",
    "share",
    "shared-link",
    "shares",
    "guest",
    "guest-explore",
    "device",
    "report",
    "trace",
    "plan",
    "plan-premium",
    "profile",
    "delete-account",
    "not-found",
)


@dataclass(frozen=True)
class PageOf:
    """A page, and whose cookies open it. `path` is a whole address where it is another server's."""

    name: str
    path: str
    cookies: httpx.Cookies
    status: int = 200

    def address(self, web: str) -> str:
        """Where it is opened."""
        return self.path if "://" in self.path else web + self.path


def _finish(person: Person, name: str, content: bytes) -> str:
    """The id of a job that came to its end, good or bad."""
    job_id = person.annotate(name, content)
    wait_until(lambda: person.job(job_id)["job_status"] in smoke.FINAL, seconds=300, every=0.3)
    return job_id


@contextmanager
def all_pages(web: str) -> Iterator[Sequence[PageOf]]:
    """The pages, for a stranger, for somebody new, and for somebody with jobs behind her."""
    with Person(web) as new, Person(web) as ada:
        ada.upgrade()  # so that her results stay, however slow the machine
        done = _finish(ada, "famous_variants.vcf", _SAMPLE.read_bytes())
        failed = _finish(ada, "letter.vcf", _NO_VCF)
        _finish(ada, "one_variant.vcf", smoke.BUILT_IN.encode())
        project, missing = project_with(ada, new, done), failed_import(ada)
        whole, guest = guest_of(ada, done, what="whole", may_download="on", shows_log="on")
        part, stranger = guest_of(ada, done, what="view", view=VIEW)
        nobody, beginner, user = httpx.Cookies(), new.client.cookies, ada.client.cookies
        yield [
            PageOf("home", "/", nobody),
            PageOf("help", "/help", nobody),
            PageOf("status", "/status", nobody),
            PageOf("home-logged-in", "/", user),
            PageOf("annotate", "/annotate", user),
            PageOf("jobs-none", "/annotations", beginner),
            PageOf("jobs", "/annotations", user),
            PageOf("job", f"/annotations/{done}", user),
            PageOf("job-failed", f"/annotations/{failed}", user),
            PageOf("log", f"/annotations/{done}/log", user),
            PageOf("explore", f"/annotations/{done}/explore", user),
            PageOf("variant", f"/annotations/{done}/variants/1-1", user),
            PageOf("variants", "/variants", user),
            PageOf("tokens", "/account/tokens", user),
            PageOf("api", "/api/v1/docs", nobody),
            PageOf("imports", "/annotate/imports", user),
            PageOf("import-failed", missing, user),
            PageOf("projects", "/projects", user),
            PageOf("projects-invited", "/projects", beginner),
            PageOf("project", project, user),
            PageOf("share", f"/annotations/{done}/shares?{VIEW}", user),
            PageOf("shared-link", link_of(ada, done), user),
            PageOf("shares", "/shares", user),
            PageOf("guest", whole, guest),
            PageOf("guest-explore", part, stranger),
            PageOf("device", "/device?code=BCDFGHJK", user),
            PageOf("report", f"/annotations/{failed}/report", user),
            PageOf("trace", trace_of(ada, done), nobody),
            PageOf("plan", "/billing", beginner),
            PageOf("plan-premium", "/billing", user),
            PageOf("profile", "/profile", user),
            PageOf("delete-account", "/account/delete", user),
            PageOf("not-found", "/nowhere", user, 404),
        ]
