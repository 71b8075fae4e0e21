"""What may be done with a job's results now: one rule for pages, links and JSON.

Three things decide: where the results are kept (`Job.results_state`), the user's plan *of the
moment*, and the time. A Free user may download until `Job.archive_at`, whether or not the archiver
has come by since; a Premium user always, and what is cold comes back by itself. Only the files of
`Job.archivable` are concerned: log, summary, receipt and index can always be had.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from gas.errors import FreeWindowOver, ResultsArchived, ResultsDeleted, ResultsRestoring
from gas.jobs import ArchivedFile, Job, ResultsState
from gas.plans import Plan, terms_of


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
        if self.open_until is None or file not in self.timed:
            return longest
        return min(longest, self.open_until - now)


_PASSING = frozenset({Situation.OVER, Situation.ARCHIVING, Situation.RESTORING})


def access_to(job: Job, plan: Plan, now: int) -> ResultsAccess:
    """What a user whose plan is `plan` may do with the results of their job at the time `now`."""
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


def _refusal(access: ResultsAccess) -> Exception:
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
