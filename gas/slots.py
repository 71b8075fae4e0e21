"""Slots: how many jobs of one user run at once, and which of the others is next.

For every user there is a line: the jobs that hold a slot, each with the end of its lease, and the
jobs that wait for one. A line is one record that is only replaced as a whole, if it is still the
one that was read; so the rules below need no locks and hold whoever else is at it.

A slot is taken before the job is claimed and given back after it was put down, and both leases are
renewed together: while a job runs, it holds a slot. A dead worker's slot lapses with its lease.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Protocol, TypeVar

from gas.errors import ServiceUnavailable
from gas.jobs import Job
from gas.ports import Clock

Answer = TypeVar("Answer")

MOST_WAITING = 1000
"""As many waiting jobs as a line notes; further ones wait all the same, without being called."""

_TRIES = 25
_KEPT_SECONDS = 7 * 86_400
"""A line that nobody changes any more is removed after this time."""


@dataclass(frozen=True)
class Line:
    """A user's line."""

    running: Mapping[str, int] = field(default_factory=dict)
    """Who holds a slot (the owner of the job's lease), and until when."""
    waiting: Mapping[str, int] = field(default_factory=dict)
    """Ids of the jobs that wait, and when each was submitted."""
    version: int = 0
    """Of the record; 0: there is none yet."""


class LineTable(Protocol):
    """Where the lines are kept."""

    def read(self, user_id: str) -> Line:
        """The user's line, read consistently; an empty one if there is none."""

    def write(self, user_id: str, line: Line, *, expires_at: int) -> bool:
        """Replace the line that had the version `line.version`. False: that one is gone.

        It may be removed after `expires_at`.
        """


class UserSlots:
    """The rules. Every method raises ServiceUnavailable when the table cannot be reached."""

    def __init__(self, table: LineTable, clock: Clock, *, lease_seconds: int) -> None:
        self._table = table
        self._clock = clock
        self._lease_seconds = lease_seconds

    def take(self, job: Job, *, owner: str, limit: int) -> int:
        """Take one of the `limit` slots of the job's user for `owner`.

        0: it is ours, for `lease_seconds`. Otherwise the job's place among those that wait,
        from 1; it has been noted, and is called by `next_in_line` when its turn comes.
        """

        def change(line: Line) -> tuple[Line, int]:
            now = self._clock.now()
            running = {who: until for who, until in line.running.items() if until >= now}
            if owner in running:
                return line, 0
            if len(running) < limit:
                running[owner] = now + self._lease_seconds
                waiting = {who: at for who, at in line.waiting.items() if who != job.job_id}
                return replace(line, running=running, waiting=waiting), 0
            waiting = dict(line.waiting)
            if len(waiting) < MOST_WAITING:
                waiting[job.job_id] = job.submit_time
            before = [who for who, at in waiting.items() if (at, who) < _rank(job)]
            return replace(line, waiting=waiting), len(before) + 1

        return self._change(job.user_id, change)

    def renew(self, user_id: str, *, owner: str) -> bool:
        """Keep the slot for another `lease_seconds`. False: it lapsed, and was given away."""

        def change(line: Line) -> tuple[Line, bool]:
            if owner not in line.running:
                return line, False
            until = self._clock.now() + self._lease_seconds
            return replace(line, running={**line.running, owner: until}), True

        return self._change(user_id, change)

    def free(self, user_id: str, *, owner: str) -> None:
        """Give the slot back."""

        def change(line: Line) -> tuple[Line, None]:
            running = {who: until for who, until in line.running.items() if who != owner}
            return replace(line, running=running), None

        self._change(user_id, change)

    def next_in_line(self, user_id: str) -> str | None:
        """The id of the job that has waited longest; from now on it is not noted any more."""

        def change(line: Line) -> tuple[Line, str | None]:
            if not line.waiting:
                return line, None
            first = min(line.waiting, key=lambda who: (line.waiting[who], who))
            waiting = {who: at for who, at in line.waiting.items() if who != first}
            return replace(line, waiting=waiting), first

        return self._change(user_id, change)

    def _change(self, user_id: str, change: Callable[[Line], tuple[Line, Answer]]) -> Answer:
        for _ in range(_TRIES):
            line = self._table.read(user_id)
            changed, answer = change(line)
            if changed == line:
                return answer
            expires_at = self._clock.now() + _KEPT_SECONDS
            if self._table.write(user_id, changed, expires_at=expires_at):
                return answer
        raise ServiceUnavailable("Too many are at this user's slots.", remedy="Try again.")


def _rank(job: Job) -> tuple[int, str]:
    return job.submit_time, job.job_id
