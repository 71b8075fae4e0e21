"""Links that show a job to whoever has them.

The owner sees a link once; the database keeps the SHA-256 of its secret. Whether a link still
leads anywhere is read at every request: `gas.access.permit` decides.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import uuid4

from sqlalchemy import ColumnElement, delete, func, select, update

from gas.accounts.models import Account
from gas.accounts.sessions import digest_of
from gas.accounts.tokens import is_token, new_token
from gas.errors import InvalidRequest
from gas.sharing.names import checked_name
from gas.sharing.tables import Opening, Share
from gas.sharing.work import Store

PREFIX = "gasshare_"
"""Every secret begins so: scanners and our own logs know it by that."""
HOUR, DAY = 3600, 86_400
SHORTEST, USUAL, LONGEST = HOUR, 7 * DAY, 30 * DAY
"""Lives of a link, in seconds."""
MOST_SHARES = 50
"""Live links of one job."""
KEPT = 30 * DAY
"""Links that ended this long ago are forgotten, with who opened them."""
MOST_QUERY = 8000
"""Characters of a filtered view."""
SHOWN = 100
"""Openings that are listed of one link: the latest."""


@dataclass(frozen=True)
class Wishes:
    """What a link is to be."""

    name: str
    life: int = USUAL
    """Seconds."""
    query: str | None = None
    """The filtered view, as the explorer writes it; None: the whole job."""
    may_download: bool = False
    shows_log: bool = False

    def check(self) -> None:
        """Raises InvalidRequest where no link can be like that."""
        checked_name(self.name)
        if not SHORTEST <= self.life <= LONGEST:
            raise InvalidRequest(
                "A link lives from 1 hour to 30 days.", remedy="Choose how long it lives."
            )
        if self.query is not None and len(self.query) > MOST_QUERY:
            raise InvalidRequest(
                "These filters are too long for a link.", remedy="Choose fewer values."
            )
        if self.query is not None and self.shows_log:
            raise InvalidRequest(
                "The log speaks of the whole job, so a link to a filtered view cannot show it.",
                remedy="Share the whole job, or leave the log out.",
            )


@dataclass(frozen=True)
class OpenedBy:
    """One opening, as the owner sees it."""

    opened_at: int
    name: str | None
    """Who it was, if they were logged in here."""
    network: str


def new_secret() -> str:
    """A fresh random secret."""
    return new_token(PREFIX)


def is_secret(text: str) -> bool:
    """Whether the text has the form of a secret and its check is right."""
    return is_token(text, PREFIX)


class ShareStore(Store):
    """Reads and writes links."""

    def issue(self, owner_id: str, job_id: str, wishes: Wishes, *, now: int) -> tuple[Share, str]:
        """Make a link to the owner's job; the record, and the secret, which nobody keeps.

        That the job is the owner's is for the caller to find out.

        Raises:
            InvalidRequest: no link can be like that, or there are too many already.
        """
        wishes.check()
        secret = new_secret()
        record = Share(
            share_id=str(uuid4()),
            digest=digest_of(secret),
            owner_id=owner_id,
            job_id=job_id,
            name=checked_name(wishes.name),
            query=wishes.query,
            may_download=wishes.may_download,
            shows_log=wishes.shows_log,
            created_at=now,
            expires_at=now + wishes.life,
            revoked_at=None,
            openings=0,
            last_opened_at=None,
        )
        with self._work() as work:
            # One at a time for each person, so that the limit holds.
            work.execute(select(Account).where(Account.user_id == owner_id).with_for_update())
            work.execute(delete(Share).where(_ended_by(now - KEPT)))
            live = select(func.count()).where(Share.job_id == job_id, _alive(now))
            if (work.scalar(live) or 0) >= MOST_SHARES:
                raise InvalidRequest(
                    f"This job has {MOST_SHARES} links already.",
                    remedy="End one that is not needed.",
                )
            work.add(record)
        return record, secret

    def find(self, secret: str) -> Share | None:
        """The link with this secret, live or not."""
        with self._work() as work:
            return work.scalar(select(Share).where(Share.digest == digest_of(secret)))

    def get(self, share_id: str) -> Share | None:
        """The link of this id, live or not."""
        with self._work() as work:
            return work.get(Share, share_id)

    def of_job(self, owner_id: str, job_id: str, *, now: int) -> Sequence[Share]:
        """The links to the owner's job that live, or ended not long ago; the newest first."""
        return self._list(Share.owner_id == owner_id, Share.job_id == job_id, _remembered(now))

    def of_owner(self, owner_id: str, *, now: int) -> Sequence[Share]:
        """All links of somebody's that live, or ended not long ago; the newest first."""
        return self._list(Share.owner_id == owner_id, _remembered(now))

    def revoke(self, owner_id: str, job_id: str, share_id: str, *, now: int) -> Share | None:
        """End a link for good; ending it twice is the same as once. None: there is no such."""
        change = (
            update(Share)
            .where(
                Share.share_id == share_id,
                Share.owner_id == owner_id,
                Share.job_id == job_id,
                Share.revoked_at.is_(None),
            )
            .values(revoked_at=now)
        )
        with self._work() as work:
            work.execute(change)
            found = work.get(Share, share_id)
            fits = found is not None and (found.owner_id, found.job_id) == (owner_id, job_id)
            return found if fits else None

    def record_opening(self, share_id: str, *, user_id: str | None, network: str, now: int) -> None:
        """Note that the link was opened."""
        counted = (
            update(Share)
            .where(Share.share_id == share_id)
            .values(openings=Share.openings + 1, last_opened_at=now)
        )
        opening = Opening(
            opening_id=str(uuid4()),
            share_id=share_id,
            opened_at=now,
            user_id=user_id,
            network=network,
        )
        with self._work() as work:
            work.execute(counted)
            work.add(opening)

    def openings(self, share_id: str, *, limit: int = SHOWN) -> Sequence[OpenedBy]:
        """The latest openings of a link, the newest first."""
        question = (
            select(Opening.opened_at, Account.name, Opening.network)
            .outerjoin(Account, Account.user_id == Opening.user_id)
            .where(Opening.share_id == share_id)
            .order_by(Opening.opened_at.desc(), Opening.opening_id)
            .limit(limit)
        )
        with self._work() as work:
            return [OpenedBy(*row) for row in work.execute(question)]

    def forget_job(self, job_id: str) -> None:
        """The job was deleted: its links go, with who opened them."""
        with self._work() as work:
            found = select(Share.share_id).where(Share.job_id == job_id)
            work.execute(delete(Opening).where(Opening.share_id.in_(found)))
            work.execute(delete(Share).where(Share.job_id == job_id))

    def _list(self, *conditions: ColumnElement[bool]) -> Sequence[Share]:
        question = (
            select(Share).where(*conditions).order_by(Share.created_at.desc(), Share.share_id)
        )
        with self._work() as work:
            return work.scalars(question).all()


def _alive(now: int) -> ColumnElement[bool]:
    return Share.revoked_at.is_(None) & (Share.expires_at > now)


def _ended_by(moment: int) -> ColumnElement[bool]:
    return (Share.expires_at <= moment) | (Share.revoked_at <= moment)


def _remembered(now: int) -> ColumnElement[bool]:
    ended = func.coalesce(Share.revoked_at, Share.expires_at)
    return ended > now - KEPT
