"""Invitations into projects, by mail address.

An invitation belongs to an address. Who logs in with an identity of that address, or one linked to
it, may accept; what the mail says opens nothing by itself.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from uuid import uuid4

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session
from sqlalchemy.sql.elements import ColumnElement

from gas.access import Role
from gas.accounts.models import Account
from gas.errors import InvalidRequest, NotFound
from gas.sharing.tables import Invitation, Member, Project, role_of
from gas.sharing.work import Store, owned

DAY = 86_400
LIFE = 14 * DAY
"""Seconds in which an invitation can be accepted."""
MOST_PEOPLE = 100
"""In one project, with those who are invited."""
A_DAY = 50
"""Invitations of one person: they are mails to people who may not know us."""
AGAIN = 3600
"""Seconds after which the mail may be sent once more."""
_LONGEST_ADDRESS = 254


@dataclass(frozen=True)
class Invited:
    """An invitation, as both sides see it."""

    invitation_id: str
    project_id: str
    project: str
    email: str
    role: Role
    invited_by: str
    """The name of who invited."""
    created_at: int
    expires_at: int
    to_be_told: bool = False
    """Whether a mail has to go out (again)."""


class InvitationStore(Store):
    """Reads and writes invitations."""

    def invite(self, user_id: str, project_id: str, email: str, role: Role, *, now: int) -> Invited:
        """Ask somebody into the project. Asked again, the same invitation lives anew.

        Raises:
            NotFound: no such project.
            NotAllowed: only its owner may.
            InvalidRequest: this is no address, they are in already, or there are too many.
        """
        address = checked_address(email)
        if role is Role.OWNER:
            raise InvalidRequest(
                "A project has one owner.", remedy="Invite an editor, then hand the project over."
            )
        with self._work() as work:
            project = owned(work, user_id, project_id)
            known = work.scalar(
                select(Invitation).where(
                    Invitation.project_id == project_id,
                    Invitation.email == address,
                    Invitation.state == "open",
                )
            )
            _check_not_inside(work, project, address)
            row = known or self._new(work, user_id, project_id, address, now)
            row.role, row.expires_at = role.value, now + LIFE
            tell = row.told_at is None or now - row.told_at >= AGAIN
            work.add(row)
            inviter = work.get(Account, user_id)
            return _invited(row, project.name, inviter.name if inviter else "", tell=tell)

    def mark_told(self, invitation_id: str, *, now: int) -> None:
        """The mail was handed on."""
        with self._work() as work:
            work.execute(
                update(Invitation)
                .where(Invitation.invitation_id == invitation_id)
                .values(told_at=now)
            )

    def of_project(self, user_id: str, project_id: str, *, now: int) -> Sequence[Invited]:
        """Who is asked and has not answered, for the owner. Raises NotFound, NotAllowed."""
        with self._work() as work:
            owned(work, user_id, project_id)
        return self._list(now, Invitation.project_id == project_id)

    def to_addresses(self, addresses: Collection[str], *, now: int) -> Sequence[Invited]:
        """The open invitations to any of these addresses."""
        return self._list(now, Invitation.email.in_([fold(each) for each in addresses]))

    def sent_by(self, user_id: str, *, now: int) -> Sequence[Invited]:
        """The open invitations that somebody has sent."""
        return self._list(now, Invitation.invited_by == user_id)

    def revoke(self, user_id: str, project_id: str, invitation_id: str) -> None:
        """Take an invitation back; twice is the same as once. Raises NotFound, NotAllowed."""
        with self._work() as work:
            owned(work, user_id, project_id)
            row = work.get(Invitation, invitation_id)
            if row is None or row.project_id != project_id:
                raise _none()
            if row.state == "open":
                row.state = "revoked"

    def answer(
        self,
        user_id: str,
        addresses: Collection[str],
        invitation_id: str,
        *,
        accept: bool,
        now: int,
    ) -> str:
        """Accept or decline as somebody to whom these addresses belong; the project's id.

        Raises:
            NotFound: there is no such open invitation to any of the addresses.
        """
        with self._work() as work:
            row = work.scalar(
                select(Invitation)
                .where(Invitation.invitation_id == invitation_id)
                .with_for_update()
            )
            mine = row is not None and row.email in {fold(each) for each in addresses}
            if row is None or not mine or row.state != "open" or row.expires_at <= now:
                raise _none()
            row.state = "accepted" if accept else "declined"
            project = work.get(Project, row.project_id, with_for_update=True)
            if project is None:
                raise _none()
            member = work.get(Member, (row.project_id, user_id))
            if accept and member is None and project.owner_id != user_id:
                member = Member(
                    project_id=row.project_id, user_id=user_id, role=row.role, joined_at=now
                )
                work.add(member)
            return row.project_id

    def forget_address(self, email: str) -> None:
        """The account with this address is deleted: nobody is asked in under it any more."""
        with self._work() as work:
            for row in work.scalars(select(Invitation).where(Invitation.email == fold(email))):
                work.delete(row)

    def _new(
        self, work: Session, user_id: str, project_id: str, address: str, now: int
    ) -> Invitation:
        people = select(func.count()).where(Member.project_id == project_id)
        asked = select(func.count()).where(
            Invitation.project_id == project_id,
            Invitation.state == "open",
            Invitation.expires_at > now,
        )
        if 1 + (work.scalar(people) or 0) + (work.scalar(asked) or 0) >= MOST_PEOPLE:
            raise InvalidRequest(f"A project has {MOST_PEOPLE} people at the most.")
        today = select(func.count()).where(
            Invitation.invited_by == user_id, Invitation.created_at > now - DAY
        )
        if (work.scalar(today) or 0) >= A_DAY:
            raise too_many_today()
        return Invitation(
            invitation_id=str(uuid4()),
            project_id=project_id,
            email=address,
            invited_by=user_id,
            created_at=now,
            state="open",
            told_at=None,
        )

    def _list(self, now: int, condition: ColumnElement[bool]) -> Sequence[Invited]:
        question = (
            select(Invitation, Project.name, Account.name)
            .join(Project, Project.project_id == Invitation.project_id)
            .join(Account, Account.user_id == Invitation.invited_by)
            .where(Invitation.state == "open", Invitation.expires_at > now, condition)
            .order_by(Invitation.created_at, Invitation.invitation_id)
        )
        with self._work() as work:
            return [_invited(*row) for row in work.execute(question)]


def too_many_today() -> InvalidRequest:
    """For who invites without end."""
    return InvalidRequest(f"You have invited {A_DAY} people today.", remedy="Go on tomorrow.")


def fold(email: str) -> str:
    """An address as it is compared: case does not matter."""
    return email.strip().casefold()


def checked_address(email: str) -> str:
    """The address, folded.

    Raises:
        InvalidRequest: it is none.
    """
    address = fold(email)
    local, at, domain = address.rpartition("@")
    plain = address.isprintable() and not any(c in address for c in ' ,;<>"()[]\\')
    fits = plain and local and "." in domain.strip(".") and len(address) <= _LONGEST_ADDRESS
    if not at or not fits or "@" in local:
        raise InvalidRequest(
            "This is no mail address.", remedy="Write one, such as ada@example.org."
        )
    return address


def _check_not_inside(work: Session, project: Project, address: str) -> None:
    members = select(Member.user_id).where(Member.project_id == project.project_id)
    question = select(Account.user_id).where(
        func.lower(Account.email) == address,
        Account.user_id.in_(members) | (Account.user_id == project.owner_id),
    )
    if work.scalar(question.limit(1)) is not None:
        raise InvalidRequest("They are in the project already.")


def _invited(row: Invitation, project: str, inviter: str, *, tell: bool = False) -> Invited:
    return Invited(
        row.invitation_id,
        row.project_id,
        project,
        row.email,
        role_of(row.role),
        inviter,
        row.created_at,
        row.expires_at,
        tell,
    )


def _none() -> NotFound:
    return NotFound(
        "There is no such invitation, or it is not for you.",
        remedy="It may have lapsed or been taken back: ask for another one. Invitations are found "
        "by the mail addresses of your Globus identities.",
    )
