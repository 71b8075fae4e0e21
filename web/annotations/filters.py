"""What the list of jobs is asked for, as it stands in the address of the page.

| parameter | means |
|---|---|
| `state` | `pending`, `running`, `completed`, `failed` or `cancelled` |
| `q` | part of a file's name, or the beginning of a request ID |
| `match` | `begins`: file names that begin with `q`, over all jobs at once |
| `from`, `to` | days of submission (UTC), both included |
| `sort` | `oldest` |
| `project` | id of a project: its jobs, whosever they are, by when they came into it |
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from typing import Any, Self
from uuid import UUID

from gas.errors import InvalidRequest
from gas.jobs import JobStatus
from gas.listing import END_OF_TIME, LONGEST_TEXT, JobQuery, Match

_DAY = 86_400


@dataclass(frozen=True)
class Filters:
    """Which jobs are shown."""

    state: JobStatus | None = None
    text: str = ""
    match: Match = Match.CONTAINS
    since: date | None = None
    until: date | None = None
    newest_first: bool = True
    project: str = ""

    @classmethod
    def read(cls, given: Mapping[str, str]) -> Self:
        """From the query of an address, or from a form.

        Raises:
            InvalidRequest: something in it means nothing.
        """
        state = given.get("state", "").strip().upper()
        if state and state not in JobStatus.__members__:
            raise InvalidRequest(
                f"There is no state {state[:20].lower()!r}.",
                remedy=f"There are: {', '.join(JobStatus).lower()}.",
            )
        return cls(
            state=JobStatus(state) if state else None,
            text=given.get("q", "").strip()[:LONGEST_TEXT],
            match=Match.BEGINS if given.get("match") == Match.BEGINS else Match.CONTAINS,
            since=_day(given.get("from", "")),
            until=_day(given.get("to", "")),
            newest_first=given.get("sort") != "oldest",
            project=_id(given.get("project", "")),
        )

    @property
    def narrowed(self) -> bool:
        """Whether these are not simply all jobs."""
        return bool(self.state or self.text or self.since or self.until or self.project)

    def query(self, user_id: str) -> JobQuery:
        """The question for the user's jobs."""
        return JobQuery(
            user_id,
            state=self.state,
            since=_start_of(self.since) if self.since else 0,
            until=_start_of(self.until) + _DAY - 1 if self.until else END_OF_TIME,
            text=self.text,
            match=self.match,
            newest_first=self.newest_first,
        )

    def but(self, **changes: Any) -> Self:
        """The same with changes."""
        return replace(self, **changes)

    @property
    def args(self) -> dict[str, str]:
        """The parameters of the address; what is as usual is left out."""
        given = {
            "state": self.state.value.lower() if self.state else "",
            "q": self.text,
            "match": "begins" if self.text and self.match == Match.BEGINS else "",
            "from": self.since.isoformat() if self.since else "",
            "to": self.until.isoformat() if self.until else "",
            "sort": "" if self.newest_first else "oldest",
            "project": self.project,
        }
        return {name: value for name, value in given.items() if value}


def _id(text: str) -> str:
    try:
        return str(UUID(text)) if text.strip() else ""
    except ValueError as error:
        raise InvalidRequest("There is no such project.") from error


def _day(text: str) -> date | None:
    if not text.strip():
        return None
    try:
        day = date.fromisoformat(text.strip())
    except ValueError as error:
        raise InvalidRequest(
            f"{text[:20]!r} is no day.", remedy="Write days like 2026-03-31."
        ) from error
    if day.year < 1970:
        raise InvalidRequest("That is too long ago.", remedy="Choose a later day.")
    return day


def _start_of(day: date) -> int:
    return int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp())
