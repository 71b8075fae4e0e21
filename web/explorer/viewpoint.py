"""From where a job's results are looked at: as who, below which address, and how much of them.

The same views serve the job's own pages (`/annotations/<id>/…`), to its owner and to members of
projects, and the pages of a link (`/shared/<id>/…`), to its guests.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from flask import g, url_for

from gas.access import Reading, Right, Viewer
from gas.accounts.models import Account
from gas.errors import NotFound
from gas.jobs import Job
from gas.sharing.tables import Share
from web.annotations.reading import read, read_as
from web.auth.session import require_account
from web.context import services
from web.explorer import panel
from web.explorer.filters import Filters, parse_query


@dataclass(frozen=True)
class Guest:
    """Whoever came by a link, whether they are logged in or not."""

    share: Share
    owner: Account

    @property
    def base(self) -> str:
        """Where the pages of the link begin."""
        return url_for("shared.landing", share_id=self.share.share_id)

    @property
    def asker(self) -> str:
        """Whose turn it is when they ask: of one link, one at a time."""
        return f"share:{self.share.share_id}"

    @property
    def filters(self) -> Filters | None:
        """What the link shows; None: all."""
        return parse_query(self.share.query).filters if self.share.query is not None else None

    @property
    def pieces(self) -> Sequence[str]:
        """The filters of the link in words; none: it shows everything."""
        found = parse_query(self.share.query) if self.share.query is not None else None
        return [chip.label for chip in panel.chips(found)] if found else []

    def read(self, right: Right) -> Reading:
        """The job as the link shows it now. Raises as `gas.access.permit`."""
        parts = services()
        viewer = Viewer(grant=self.share.grant)
        return read_as(parts, parts.jobs.get(self.share.job_id), viewer, self.owner, right)


@dataclass(frozen=True)
class Viewpoint:
    """Somebody before a job's results."""

    reading: Reading
    asker: str
    """Whose turn it is when they ask."""
    base: str
    """Where the job's pages begin."""
    above: Sequence[tuple[str, str]]
    """The pages above those of the results: title and address."""
    guest: Guest | None = None

    @property
    def job(self) -> Job:
        return self.reading.job

    @property
    def title(self) -> str:
        """What the results are called. Guests see the name that the link's owner chose: names of
        files often say more."""
        return self.guest.share.name if self.guest else self.job.input_file_name

    @property
    def filters(self) -> Filters | None:
        """What of the results can be seen at all; None: everything."""
        return self.guest.filters if self.guest else None

    @property
    def may_download(self) -> bool:
        """Whether exports are offered."""
        return self.reading.may(Right.DOWNLOAD)


def viewpoint(job_id: UUID, right: Right = Right.SEE) -> Viewpoint:
    """That of whoever makes this request.

    Raises:
        LoginRequired: they came by no link and are not logged in.
        NotFound, NotAllowed: as `gas.access.permit`.
    """
    guest: Guest | None = g.get("guest")
    if guest is not None:
        reading = guest.read(right)
        if reading.job.job_id != str(job_id):
            raise NotFound("There is no such job, or it is not yours.")
        return Viewpoint(reading, guest.asker, guest.base, [(guest.share.name, guest.base)], guest)
    account = require_account()
    reading = read(services(), account, str(job_id), right)
    base = url_for("annotations.details", job_id=job_id)
    above = [
        ("Jobs", url_for("annotations.dashboard")),
        (reading.job.input_file_name, base),
    ]
    return Viewpoint(reading, account.user_id, base, above)
