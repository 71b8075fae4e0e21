"""Finding jobs among many: by state, by time, by file name or request ID, in pages.

A page costs the same however many jobs there are: every question is answered from an index, and
a search for a part of a name looks at no more than `MOST_LOOKED_AT` jobs for one page and tells how
far back that was.
"""

import base64
import json
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol, Self
from uuid import UUID

from gas.errors import InvalidRequest
from gas.jobs import Job, JobStatus
from gas.usage import Usage

MOST_LOOKED_AT = 2_000
"""As many jobs as one page of a search looks at."""

LONGEST_TEXT = 200
"""Of a search, and of what is kept of a file's name for finding it."""

END_OF_TIME = 10**12

_LONGEST_KEY = 1024
"""Bytes that DynamoDB takes as a sort key."""


class Match(StrEnum):
    """How a search takes its text."""

    CONTAINS = "contains"
    """File names that have it anywhere, request IDs that begin with it; by time."""
    BEGINS = "begins"
    """File names that begin with it, over all jobs at once; by name."""


@dataclass(frozen=True)
class JobQuery:
    """Which jobs of a user are wanted, and in which order."""

    user_id: str
    state: JobStatus | None = None
    since: int = 0
    until: int = END_OF_TIME
    """Submitted from `since` to `until`, both included."""
    text: str = ""
    match: Match = Match.CONTAINS
    newest_first: bool = True

    @property
    def whole_id(self) -> str | None:
        """The text, if it is a whole request ID."""
        try:
            return str(UUID(self.text)) if len(self.text) == 36 else None
        except ValueError:
            return None

    @property
    def by_name(self) -> bool:
        """Whether the jobs come by name instead of by time."""
        return bool(self.text) and self.match is Match.BEGINS and self.whole_id is None

    def wants(self, job: Job) -> bool:
        """Whether the job, as it is now, is one of those asked for. Deleted ones never are."""
        return (
            job.user_id == self.user_id
            and job.erasing_at is None
            and self.state in (None, job.job_status)
            and self.since <= job.submit_time <= self.until
        )

    def names(self, job_id: str, file_name: str) -> bool:
        """Whether the text is found in the name or begins the request ID."""
        text = self.text.casefold()
        return not text or text in file_name.casefold() or job_id.startswith(text)


@dataclass(frozen=True)
class Place:
    """A place in a list, from where to go on: opaque to whoever keeps it."""

    job_id: str
    sort: int | str
    """Submit time, or the key of the name."""
    backward: bool = False

    def __str__(self) -> str:
        fields = [self.job_id, self.sort, int(self.backward)]
        return base64.urlsafe_b64encode(json.dumps(fields).encode()).decode()

    @classmethod
    def read(cls, cursor: str, query: JobQuery) -> Self:
        """The place that a cursor of an earlier page of the same question stands for.

        Raises:
            InvalidRequest: it is none.
        """
        try:
            job_id, sort, backward = json.loads(base64.urlsafe_b64decode(cursor))
            place = cls(str(UUID(job_id)), sort, bool(backward))
            if query.by_name:
                fits = type(sort) is str and sort.startswith(name_key(query.text))
                fits = fits and len(sort.encode()) <= _LONGEST_KEY
            else:
                fits = type(sort) is int and query.since <= sort <= query.until
            if not fits:
                raise ValueError(cursor)
        except (ValueError, TypeError, AttributeError, RecursionError) as error:
            raise InvalidRequest(
                "This page address is not valid.", remedy="Start again from the first page."
            ) from error
        return place


@dataclass(frozen=True)
class FoundJobs:
    """One page of what was asked for."""

    jobs: Sequence[Job]
    next_cursor: str | None = None
    """Leads to the following page. None: this was the last."""
    previous_cursor: str | None = None
    """Leads to the page before. None: this was the first."""
    searched_to: int | None = None
    """Submit time of the last job looked at, where the search stopped before its end."""


class JobFinder(Protocol):
    """The jobs of a user, as lists and sums. Raises ServiceUnavailable as `JobStore` does."""

    def find(self, query: JobQuery, *, limit: int, cursor: str | None = None) -> FoundJobs:
        """A page of at most `limit` jobs, as they are now.

        Raises:
            InvalidRequest: `cursor` is not of an earlier page of the same question.
        """

    def usage(self, user_id: str) -> Usage:
        """What the user's jobs amount to."""


def name_key(file_name: str) -> str:
    """What a file is found by: its name, without regard to case."""
    return file_name.casefold()[:LONGEST_TEXT]


def state_key(user_id: str, status: JobStatus) -> str:
    """The partition of the index `user_states` for a user's jobs of one state."""
    return f"{user_id}#{status.value}"
