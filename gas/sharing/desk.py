"""What sharing works with, and what is done across its stores."""

from dataclasses import dataclass
from typing import Protocol

from sqlalchemy import Engine

from gas.access import Role, Viewer
from gas.accounts.rates import PERIOD, Allowance
from gas.messages import ProjectInvitation
from gas.ports import Clock, Topic
from gas.sharing.contents import ProjectJobStore
from gas.sharing.guesses import VisitRates
from gas.sharing.invitations import A_DAY, DAY, InvitationStore, Invited, too_many_today
from gas.sharing.names import MOST_CHARS
from gas.sharing.projects import ProjectStore
from gas.sharing.shares import ShareStore


class Visits(Protocol):
    """How often a network may try links (`gas.sharing.guesses`)."""

    def take(self, bucket: str, *, limit: int, now: float, period: int = PERIOD) -> Allowance: ...


@dataclass(frozen=True)
class SharingDesk:
    """The stores, and whom to tell."""

    shares: ShareStore
    projects: ProjectStore
    contents: ProjectJobStore
    invitations: InvitationStore
    visits: Visits
    notices: Topic
    clock: Clock

    def viewer(self, user_id: str, job_id: str, owner_id: str | None) -> Viewer:
        """Somebody who is logged in, before a job of `owner_id`."""
        if owner_id is None or owner_id == user_id:
            return Viewer(user_id)
        return Viewer(user_id, role=self.contents.role_for_job(user_id, job_id, owner_id))

    def invite(self, user_id: str, project_id: str, email: str, role: Role) -> Invited:
        """Ask somebody into the project, and have them told by mail.

        Raises:
            NotFound, NotAllowed, InvalidRequest: as `InvitationStore.invite`; or the person had
                too many mails sent today.
            ServiceUnavailable: the invitation is there, but no mail went out; ask again.
        """
        now = self.clock.now()
        asked = self.invitations.invite(user_id, project_id, email, role, now=now)
        if asked.to_be_told:
            # The mails themselves, too: with a project go its invitations, which are counted.
            mails = self.visits.take(f"invite:{user_id}", limit=A_DAY, now=now, period=DAY)
            if not mails.allowed:
                raise too_many_today()
            message = ProjectInvitation(
                invitation_id=asked.invitation_id,
                email=asked.email,
                project=asked.project,
                invited_by=_one_line(asked.invited_by),
                role=asked.role,
                until=asked.expires_at,
            )
            self.notices.publish(message.to_json(), attributes={"type": message.type})
            self.invitations.mark_told(asked.invitation_id, now=now)
        return asked

    def forget_job(self, job_id: str) -> None:
        """The job was deleted: nothing leads to it any more."""
        self.shares.forget_job(job_id)
        self.contents.forget_job(job_id)


def build_sharing(engine: Engine, notices: Topic, clock: Clock) -> SharingDesk:
    """The desk on the accounts database."""
    return SharingDesk(
        shares=ShareStore(engine),
        projects=ProjectStore(engine),
        contents=ProjectJobStore(engine),
        invitations=InvitationStore(engine),
        visits=VisitRates(engine),
        notices=notices,
        clock=clock,
    )


def _one_line(name: str) -> str:
    return " ".join(name.split())[:MOST_CHARS] or "Somebody"
