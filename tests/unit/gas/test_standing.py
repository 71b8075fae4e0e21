"""What is said of a job's place and time is what the rules of queueing make of it."""

from typing import Any

import pytest

from gas.jobs import Job, JobStatus, Progress, WaitingJob
from gas.plans import MIB, Plan
from gas.slots import Line
from gas.standing import MOST_COUNTED, Queues, Standing, Workers, speed_of, standing_of
from gas.throughput import Pace
from gas.vitals import Beat
from tests.support.jobs import USER, job

NOW = 1_800_000_000
TEN_SECONDS = Pace()
for _ in range(5):
    TEN_SECONDS = TEN_SECONDS.with_job(size=MIB, seconds=10, records=9, waited=0, at=NOW)
ONE_WORKER = Workers(slots=1, busy=0)


def waiting(*user_ids: str, at: int = 0) -> list[WaitingJob]:
    return [
        WaitingJob(f"{user_id}-{number}", user_id, at + number)
        for number, user_id in enumerate(user_ids)
    ]


def ask(made: Job | None = None, **changes: Any) -> Standing:
    world: dict[str, Any] = {
        "queues": Queues({}),
        "line": Line(),
        "workers": ONE_WORKER,
        "pace": TEN_SECONDS,
        "now": NOW,
    }
    made = made or job(submit_time=NOW, input_size=MIB)
    return standing_of(made, **{**world, **changes})


@pytest.mark.parametrize(
    ("free", "premium", "plan", "others"),
    [
        ([], [], Plan.FREE, 0),
        (["a", "b"], [], Plan.FREE, 2),
        (["a"] * 100, [], Plan.FREE, 1),  # one of them runs before ours, the others after it
        (["a"], ["p"] * 20, Plan.FREE, 1 + 8),
        (["a"] * 3, ["p", "q"], Plan.PREMIUM, 2),  # Premium does not wait for Free
        ([USER, "a"], [USER], Plan.FREE, 1),
    ],
)
def test_what_is_before_a_job_is_what_can_run_before_it(
    free: list[str], premium: list[str], plan: Plan, others: int
) -> None:
    queues = Queues({Plan.FREE: waiting(*free), Plan.PREMIUM: waiting(*premium)})
    found = ask(job(submit_time=NOW, plan=plan), queues=queues)
    assert found.others_before == others
    assert found.all_counted


def test_what_was_submitted_later_does_not_count() -> None:
    made = job(submit_time=5)
    same_moment = WaitingJob("ffffffff", "a", 5)
    queues = Queues({Plan.FREE: [*waiting("a", "b", at=4), same_moment]})
    assert ask(made, queues=queues).others_before == 2 - (made.job_id < "b-1")


@pytest.mark.parametrize(
    ("running", "own_waiting", "plan", "before", "to_end"),
    [
        (0, 0, Plan.FREE, 0, 0),
        (1, 0, Plan.FREE, 1, 1),
        (1, 2, Plan.FREE, 3, 3),
        (3, 2, Plan.PREMIUM, 5, 0),
        (8, 1, Plan.PREMIUM, 9, 2),
    ],
)
def test_own_jobs_count_as_far_as_the_plan_lets_them_run_at_once(
    running: int, own_waiting: int, plan: Plan, before: int, to_end: int
) -> None:
    line = Line(running={f"w{n}": NOW + 9 for n in range(running)} | {"dead": NOW - 1})
    queues = Queues({plan: waiting(*[USER] * own_waiting)})
    found = ask(job(submit_time=NOW, plan=plan), line=line, queues=queues)
    assert (found.own_before, found.own_to_end, found.others_before) == (before, to_end, 0)
    assert found.place == to_end + 1


@pytest.mark.parametrize(
    ("others", "own_running", "workers", "start"),
    [
        (0, 0, Workers(2, 0), 0),
        (0, 0, Workers(2, 2), 5),
        (1, 0, Workers(2, 1), 5),
        (3, 0, Workers(1, 1), 40),
        (0, 1, Workers(4, 1), 10),  # slots are free, but the user's own one is not
    ],
)
def test_the_start_follows_from_what_is_before_and_how_fast_that_runs(
    others: int, own_running: int, workers: Workers, start: float
) -> None:
    queues = Queues({Plan.FREE: waiting(*[f"u{n}" for n in range(others)])})
    line = Line(running={f"w{n}": NOW + 9 for n in range(own_running)})
    found = ask(queues=queues, line=line, workers=workers)
    assert found.seconds_to_start == pytest.approx(start)
    assert found.seconds_to_end == pytest.approx(start + 10)


@pytest.mark.parametrize(
    "changes",
    [
        {"pace": None},
        {"workers": None},
        {"workers": Workers(0, 0)},
        {"queues": Queues({Plan.FREE: waiting(*[f"u{n}" for n in range(MOST_COUNTED)])})},
    ],
)
def test_without_a_basis_there_is_no_estimate(changes: dict[str, Any]) -> None:
    found = ask(**changes)
    assert (found.seconds_to_start, found.seconds_to_end) == (None, None)


def running(percent: float, elapsed: int, records: int = 0) -> Job:
    return job(
        job_status=JobStatus.RUNNING,
        input_size=MIB,
        start_time=NOW - 900,
        attempt_times=(NOW - 900, NOW - elapsed),
        progress=Progress(percent=percent, records_done=records),
    )


@pytest.mark.parametrize(
    ("made", "pace", "left"),
    [
        (running(25, 30), None, 90),  # its own speed, since its latest start
        (running(25, 30), TEN_SECONDS, 90),
        (running(0, 4), TEN_SECONDS, 6),  # it does not move yet: what others took
        (running(0, 40), TEN_SECONDS, 0),
        (running(0, 4), None, None),
        (running(100, 40), None, 0),
    ],
)
def test_a_running_job_is_judged_by_its_own_speed_once_it_moves(
    made: Job, pace: Pace | None, left: float | None
) -> None:
    assert ask(made, pace=pace).seconds_to_end == (None if left is None else pytest.approx(left))


def test_the_speed_is_that_of_the_latest_attempt() -> None:
    assert speed_of(running(10, 20, records=400), NOW) == pytest.approx(20)
    assert speed_of(running(0, 20), NOW) is None
    assert speed_of(running(10, 1, records=400), NOW) is None


def test_workers_are_what_the_living_annotators_say() -> None:
    beats = [Beat("annotator", str(n), "1", 0, NOW, {"slots": 2, "busy": n}) for n in (0, 1)]
    assert Workers.of(beats) == Workers(slots=4, busy=1)
    assert Workers.of([]) == Workers(0, 0)
