"""Who may do what with a job, and with its results now: one rule for pages, links and JSON.

*Who*: every reading of a job passes `permit`. A job is its owner's; members of a project that holds
it, and whoever has a link to it, may do what `RIGHTS` and the link's owner allow; for everybody
else it is not there.

*When*: where the results are kept (`Job.results_state`), the *owner's* plan of the moment, and the
time. A Free user may download until `Job.archive_at`, whether or not the archiver has come by
since; a Premium user always, and what is cold comes back by itself. Only the files of
`Job.archivable` are concerned: log, summary, receipt and index can always be had.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Final

from gas.errors import (
    FreeWindowOver,
    GasError,
    NotAllowed,
    NotFound,
    ResultsArchived,
    ResultsDeleted,
    ResultsRestoring,
)
from gas.jobs import ArchivedFile, Job, ResultsState
from gas.plans import Plan, terms_of


class Role(StrEnum):
    """What somebody is in a project."""

    VIEWER = "viewer"
    EDITOR = "editor"
    OWNER = "owner"


class Relation(StrEnum):
    """What somebody is to a job."""

    OWNER = "owner"
    EDITOR = "editor"
    """Of a project that holds it, or that project's owner."""
    VIEWER = "viewer"
    """Of a project that holds it."""
    SHARE = "share"
    """They came by a link that its owner made."""
    NONE = "none"


class Right(StrEnum):
    """What can be done with a job."""

    SEE = "see"
    """Its page, its results in the explorer."""
    LOG = "log"
    DOWNLOAD = "download"
    """Files and exports."""
    RETRY = "retry"
    """Run its input again, as a job of one's own."""
    MANAGE = "manage"
    """Cancel it, delete it, share it, put it into a project."""


_READER = frozenset({Right.SEE, Right.LOG, Right.DOWNLOAD})

RIGHTS: Final[Mapping[Relation, frozenset[Right]]] = {
    Relation.OWNER: frozenset(Right),
    Relation.EDITOR: _READER | {Right.RETRY},
    Relation.VIEWER: _READER,
    Relation.SHARE: frozenset({Right.SEE}),
    Relation.NONE: frozenset(),
}
"""What each relation allows; a link's owner may add LOG and DOWNLOAD."""


@dataclass(frozen=True)
class Grant:
    """What the owner of a job allows whoever has a link to it."""

    job_id: str
    owner_id: str
    may_download: bool
    shows_log: bool
    expires_at: int
    revoked: bool = False

    def opens(self, job: Job, now: int) -> bool:
        """Whether the link leads to this job, now."""
        mine = self.job_id == job.job_id and self.owner_id == job.user_id
        return mine and not self.revoked and now < self.expires_at


@dataclass(frozen=True)
class Viewer:
    """Somebody who asks for a job, as far as it matters."""

    user_id: str | None = None
    role: Role | None = None
    """The highest they have in the projects that hold the job."""
    grant: Grant | None = None
    """The link they came by. Who comes by a link has what the link allows, whoever they are."""


def relation_of(viewer: Viewer, job: Job, now: int) -> Relation:
    """What `viewer` is to the job at the time `now`."""
    if viewer.grant is not None:
        return Relation.SHARE if viewer.grant.opens(job, now) else Relation.NONE
    if viewer.user_id is not None and viewer.user_id == job.user_id:
        return Relation.OWNER
    if viewer.role is None:
        return Relation.NONE
    return Relation.VIEWER if viewer.role is Role.VIEWER else Relation.EDITOR


def rights_of(viewer: Viewer, job: Job, now: int) -> frozenset[Right]:
    """What `viewer` may do with the job at the time `now`."""
    relation = relation_of(viewer, job, now)
    rights = set(RIGHTS[relation])
    if relation is Relation.SHARE and viewer.grant is not None:
        rights |= {Right.DOWNLOAD} if viewer.grant.may_download else set()
        rights |= {Right.LOG} if viewer.grant.shows_log else set()
    return frozenset(rights)


def permit(job: Job | None, viewer: Viewer, right: Right, now: int) -> Job:
    """The job, if `viewer` may do this with it now: what every reading of a job passes.

    Raises:
        NotFound: there is none, it was deleted, or it is no business of theirs: the answer is
            the same.
        NotAllowed: they may see it, but not do this.
    """
    rights = rights_of(viewer, job, now) if job and job.erasing_at is None else frozenset()
    if job is None or not rights:
        raise NotFound(
            "There is no such job, or it is not yours.",
            remedy="Look for it in your list of jobs.",
        )
    if right not in rights:
        message, remedy = _NOT_ALLOWED[right]
        raise NotAllowed(message, remedy=remedy)
    return job


_NOT_ALLOWED: Mapping[Right, tuple[str, str]] = {
    Right.SEE: ("You may not see this job.", "Ask its owner."),
    Right.LOG: ("The log of this job is not shared with you.", "Ask its owner for it."),
    Right.DOWNLOAD: (
        "These results can be looked at, but not downloaded.",
        "Ask their owner for a link with downloads.",
    ),
    Right.RETRY: (
        "You may see this job, but not run it again.",
        "Ask the project's owner to make you an editor.",
    ),
    Right.MANAGE: (
        "Only the owner of this job may do that.",
        "Ask its owner; the job's page names them.",
    ),
}


class Situation(StrEnum):
    """How it stands with the results, as their user should see it."""

    NONE = "none"
    """There are no results (yet)."""
    OPEN = "open"
    """They can be downloaded; until `ResultsAccess.open_until`, if that is set."""
    OVER = "over"
    """The free window is over; they still lie where they were, but not for long."""
    ARCHIVING = "archiving"
    """The free window is over, and they are on their way to cold storage."""
    ARCHIVED = "archived"
    """They are in cold storage and stay there, unless the user upgrades."""
    RESTORING = "restoring"
    """They are coming back."""
    DELETED = "deleted"


@dataclass(frozen=True)
class ResultsAccess:
    """What may be done with the results of one job."""

    situation: Situation
    closed: frozenset[str] = frozenset()
    """The files that cannot be downloaded now, by their names in `Results.files`."""
    timed: frozenset[str] = frozenset()
    """The files that can be downloaded until `open_until`."""
    open_until: int | None = None
    """The end of the free window, while it lasts. No link to a timed file may live longer."""
    expected_at: int | None = None
    """When the last file should be back; None: nothing is known (yet)."""
    cold: Mapping[str, ArchivedFile] = field(default_factory=dict)
    """While RESTORING: what was archived, and how far each file is."""
    own: bool = True
    """Whether who asks is the owner, whose plan it is."""
    link_ends_at: int | None = None
    """When the link ends by which who asks has come."""

    @property
    def back(self) -> int:
        """While RESTORING: how many files are back."""
        return sum(file.back_at is not None for file in self.cold.values())

    @property
    def may_change(self) -> bool:
        """Whether a page that shows this should look again by itself."""
        return self.open_until is not None or self.situation in _PASSING

    def link_seconds(self, file: str, *, now: int, longest: int) -> int:
        """How long a link to `file`, made now, may live: `longest` at the most.

        Raises:
            FreeWindowOver, ResultsArchived, ResultsRestoring, ResultsDeleted: it cannot be
                downloaded now.
        """
        if file in self.closed:
            raise _refusal(self)
        ends = [self.open_until] if file in self.timed else []
        return min([longest, *(e - now for e in (*ends, self.link_ends_at) if e is not None)])


_PASSING = frozenset({Situation.OVER, Situation.ARCHIVING, Situation.RESTORING})


@dataclass(frozen=True)
class Reading:
    """A job as somebody may see it now."""

    job: Job
    relation: Relation
    rights: frozenset[Right]
    plan: Plan
    """The owner's, now."""
    results: ResultsAccess

    @property
    def own(self) -> bool:
        """Whether who reads is the owner."""
        return self.relation is Relation.OWNER

    def may(self, right: Right) -> bool:
        """Whether they may do this."""
        return right in self.rights


def read(job: Job | None, viewer: Viewer, right: Right, *, plan: Plan, now: int) -> Reading:
    """The job as `viewer` may see it; `plan` is its owner's.

    Raises:
        NotFound, NotAllowed: as `permit`.
    """
    found = permit(job, viewer, right, now)
    relation = relation_of(viewer, found, now)
    results = access_to(found, plan, now)
    if relation is not Relation.OWNER:
        ends = viewer.grant.expires_at if viewer.grant else None
        results = replace(results, own=False, link_ends_at=ends)
    return Reading(found, relation, rights_of(viewer, found, now), plan, results)


def access_to(job: Job, plan: Plan, now: int) -> ResultsAccess:
    """What an owner whose plan is `plan` may do with the results of their job at the time `now`."""
    files = frozenset(job.archivable)
    if job.results_state is ResultsState.NONE:
        return ResultsAccess(Situation.NONE)
    if job.results_state is ResultsState.DELETED:
        everything = job.results.files if job.results else ()
        return ResultsAccess(Situation.DELETED, closed=frozenset(everything))
    if terms_of(plan).keeps_results:
        return _of_premium(job, files)
    return _of_free(job, files, now)


def _of_free(job: Job, files: frozenset[str], now: int) -> ResultsAccess:
    match job.results_state:
        case ResultsState.AVAILABLE:
            if job.archive_at is None or now < job.archive_at:
                return ResultsAccess(Situation.OPEN, timed=files, open_until=job.archive_at)
            return ResultsAccess(Situation.OVER, closed=files)
        case ResultsState.ARCHIVING:
            return ResultsAccess(Situation.ARCHIVING, closed=files)
        case _:
            # RESTORING: the plan ended meanwhile; once back, they are archived again.
            return ResultsAccess(Situation.ARCHIVED, closed=files)


def _of_premium(job: Job, files: frozenset[str]) -> ResultsAccess:
    untouched = job.results_state is ResultsState.ARCHIVING and not job.archives
    if job.results_state is ResultsState.AVAILABLE or untouched:
        # The archiver reads the plan again after it has recorded the archives, and before it
        # deletes an original: it will leave these where they are.
        return ResultsAccess(Situation.OPEN)
    if job.results_state is not ResultsState.RESTORING:
        # The thaw has not come by yet.
        return ResultsAccess(Situation.RESTORING, closed=files, cold=job.archives)
    away = {name: file for name, file in job.archives.items() if file.back_at is None}
    expected = [file.retrieval.expected_at for file in away.values() if file.retrieval]
    return ResultsAccess(
        Situation.RESTORING,
        closed=frozenset(away),
        expected_at=max(expected, default=None),
        cold=job.archives,
    )


def _refusal(access: ResultsAccess) -> GasError:
    refusal = _refusal_of_owner(access)
    if access.own or access.situation is Situation.DELETED:
        return refusal
    message, remedy = _REFUSALS_OF_OTHERS.get(access.situation, _OVER_FOR_OTHERS)
    return type(refusal)(message, remedy=remedy, upgrade_helps=False)


_OVER_FOR_OTHERS = (
    "The time in which these results can be used is over: the plan of their owner keeps them for "
    "a while only.",
    "Nothing is lost. Ask the owner, who can bring them back.",
)
_REFUSALS_OF_OTHERS: Mapping[Situation, tuple[str, str]] = {
    Situation.ARCHIVED: (
        "These results are in the archive. They are safe there, but cannot be used.",
        "Ask their owner, who can bring them back.",
    ),
    Situation.RESTORING: (
        "These results are on their way back from the archive.",
        "Try again in some minutes.",
    ),
}


def _refusal_of_owner(access: ResultsAccess) -> GasError:
    match access.situation:
        case Situation.ARCHIVED:
            return ResultsArchived(
                "These results are in the archive. They are safe there, but cannot be downloaded.",
                remedy="Premium brings them back by itself, usually within minutes.",
            )
        case Situation.RESTORING:
            return ResultsRestoring(
                "These results are on their way back from the archive.",
                remedy="The job's page shows how far they are, and offers them once they are back.",
            )
        case Situation.DELETED:
            return ResultsDeleted("These results have been deleted.")
        case _:
            return FreeWindowOver(
                "The time in which the Free plan lets you download these results is over.",
                remedy="Nothing is lost: they are kept in the archive. With Premium you can "
                "download them again, as often as you like.",
            )
