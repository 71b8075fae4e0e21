"""Links that show a job, or a filtered view of it, to whoever has them."""

from collections.abc import Sequence
from datetime import datetime
from http import HTTPStatus
from typing import Self
from uuid import UUID

from pydantic import Field

from gas.errors import NotFound
from gas.scopes import Scope
from gas.sharing.names import MOST_CHARS
from gas.sharing.shares import LONGEST, MOST_QUERY, SHORTEST, USUAL, OpenedBy, Wishes
from gas.sharing.tables import Share
from web.annotations.jobs import own_job
from web.api.api import api
from web.api.models import moment, sure
from web.api.operations import ApiModel
from web.auth.session import require_account
from web.context import services
from web.sharing import making

TAG = "sharing"
READ, WRITE = Scope.JOBS_READ, Scope.SHARING_WRITE
_MISSING = (HTTPStatus.NOT_FOUND, HTTPStatus.FORBIDDEN)


class ShareWishes(ApiModel):
    """What a link is to be."""

    name: str = Field(min_length=1, max_length=MOST_CHARS)
    """Whoever opens the link sees it."""
    seconds: int = Field(default=USUAL, ge=SHORTEST, le=LONGEST)
    """How long it works: an hour to 30 days."""
    query: str | None = Field(default=None, max_length=MOST_QUERY)
    """The filtered view, as the explorer's address has it: `impact=HIGH&sort=-qual`. Nothing
    beyond it can be reached. Absent: the whole job."""
    may_download: bool = False
    shows_log: bool = False
    """With the whole job only."""

    def wishes(self) -> Wishes:
        return Wishes(self.name, self.seconds, self.query, self.may_download, self.shows_log)


class ShareDocument(ApiModel):
    """A link."""

    share_id: UUID
    name: str
    query: str | None
    may_download: bool
    shows_log: bool
    created_at: datetime
    expires_at: datetime
    ended_at: datetime | None
    """When its owner ended it."""
    openings: int
    last_opened_at: datetime | None

    @classmethod
    def of(cls, share: Share, **more: str) -> Self:
        return cls(
            share_id=UUID(share.share_id),
            name=share.name,
            query=share.query,
            may_download=share.may_download,
            shows_log=share.shows_log,
            created_at=sure(share.created_at),
            expires_at=sure(share.expires_at),
            ended_at=moment(share.revoked_at),
            openings=share.openings,
            last_opened_at=moment(share.last_opened_at),
            **more,
        )


class ShareWithUrl(ShareDocument):
    """A link with its address: told this once."""

    url: str


class ShareList(ApiModel):
    """The links to a job that work, or ended in the last 30 days; the newest first."""

    shares: Sequence[ShareDocument]


class OpeningDocument(ApiModel):
    """One opening of a link."""

    at: datetime
    name: str | None
    """Who it was, if they were logged in."""
    network: str
    """From where, coarsely: `198.51.100.0/24`."""

    @classmethod
    def of(cls, opening: OpenedBy) -> Self:
        return cls(at=sure(opening.opened_at), name=opening.name, network=opening.network)


class OpeningList(ApiModel):
    """The latest openings of a link, the newest first."""

    openings: Sequence[OpeningDocument]


@api.operation(
    "POST",
    "/jobs/<uuid:job_id>/shares",
    tag=TAG,
    scope=WRITE,
    body=ShareWishes,
    answer=ShareWithUrl,
    status=HTTPStatus.CREATED,
    errors=_MISSING,
)
def create_share(job_id: UUID, body: ShareWishes) -> ShareWithUrl:
    """A link that shows a job of yours to whoever has it, without an account.

    Its address is in this answer only: the service keeps no copy.
    """
    record, url = making.share(services(), require_account(), str(job_id), body.wishes())
    return ShareWithUrl.of(record, url=url)


@api.operation(
    "GET",
    "/jobs/<uuid:job_id>/shares",
    tag=TAG,
    scope=READ,
    answer=ShareList,
    errors=_MISSING,
)
def list_shares(job_id: UUID) -> ShareList:
    """The links to a job of yours."""
    parts = services()
    job = own_job(parts, require_account().user_id, str(job_id))
    found = parts.sharing.shares.of_job(job.user_id, job.job_id, now=parts.clock.now())
    return ShareList(shares=[ShareDocument.of(each) for each in found])


@api.operation(
    "GET",
    "/jobs/<uuid:job_id>/shares/<uuid:share_id>/openings",
    tag=TAG,
    scope=READ,
    answer=OpeningList,
    errors=_MISSING,
)
def list_openings(job_id: UUID, share_id: UUID) -> OpeningList:
    """Who opened a link, the latest hundred."""
    parts = services()
    job = own_job(parts, require_account().user_id, str(job_id))
    share = parts.sharing.shares.get(str(share_id))
    if share is None or (share.job_id, share.owner_id) != (job.job_id, job.user_id):
        raise _no_link()
    found = parts.sharing.shares.openings(share.share_id)
    return OpeningList(openings=[OpeningDocument.of(each) for each in found])


@api.operation(
    "DELETE",
    "/jobs/<uuid:job_id>/shares/<uuid:share_id>",
    tag=TAG,
    scope=WRITE,
    status=HTTPStatus.NO_CONTENT,
    errors=_MISSING,
)
def end_share(job_id: UUID, share_id: UUID) -> None:
    """End a link for good; twice is the same as once."""
    parts = services()
    job = own_job(parts, require_account().user_id, str(job_id))
    ended = parts.sharing.shares.revoke(
        job.user_id, job.job_id, str(share_id), now=parts.clock.now()
    )
    if ended is None:
        raise _no_link()


def _no_link() -> NotFound:
    return NotFound("There is no such link.", remedy="Look for it among the job's links.")
