"""The proofs themselves. Each says what it does, and raises `ProofFailed` if it is not so."""

from __future__ import annotations

import signal
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

import smoke

from tests.e2e.person import Person
from tests.proofs.people import Tally, busy, person
from tests.proofs.world import PATIENCE, SCALE, ProofFailed, World, demand
from tests.support.waiting import wait_until

WEB = [f"web-{number + 1}" for number in range(SCALE.web)]
ANNOTATORS = [f"annotator-{number + 1}" for number in range(SCALE.annotators)]
_HEADER = "##fileformat=VCFv4.2\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n"


def large(records: int) -> bytes:
    """A file that takes a while; rCRS carries A at both places."""
    lines = (f"MT\t{(8860, 15326)[n % 2]}\tr{n}\tA\tG\t.\tPASS\t.\n" for n in range(records))
    return (_HEADER + "".join(lines)).encode()


def prove_web(world: World) -> None:
    """Three web instances; one is killed with -9 while people use them."""
    tally, jobs = Tally(), list[tuple[Person, str]]()
    with ExitStack() as stack:
        people = [stack.enter_context(person(world.web, tally)) for _ in range(3)]
        before = world.answered()
        with busy(people, tally, jobs):
            wait_until(lambda: tally["requests"] >= 60, seconds=PATIENCE)
            victim = world.send(WEB[1], signal.SIGKILL)
            mark = tally["requests"]
            world.say(f"{WEB[1]} (process {victim.pid}) killed with -9 at request {mark}")
            wait_until(lambda: tally["requests"] >= mark + 60, seconds=PATIENCE)
            world.wait_well(*WEB)
        shares = {name: n - before[name] for name, n in world.answered().items()}
        _report(world, tally)
        world.say(f"requests by instance: {shares}; it was started again and has its share")
        demand(not tally.faults, f"people noticed: {tally.faults[:5]}")
        demand(all(shares.values()), "one of the instances was never asked")
        world.require_once(jobs)
        world.say(f"{len(jobs)} uploads became {len(jobs)} completed jobs, one mail each")


def prove_annotators(world: World) -> None:
    """Two annotators share the queue; one is killed with -9 in the middle of its work."""
    content = large(30_000)
    tally, jobs = Tally(), list[tuple[Person, str]]()
    with ExitStack() as stack:
        people = [stack.enter_context(person(world.web, tally)) for _ in range(6)]
        for number, one in enumerate(people * 2):
            jobs.append((one, one.annotate(f"large-{number}.vcf", content)))
        wait_until(
            lambda: all(world.health(name).get("jobs_running") for name in ANNOTATORS),
            seconds=PATIENCE,
            every=0.02,
        )
        victim = world.send(ANNOTATORS[0], signal.SIGKILL)
        world.say(f"both work; {ANNOTATORS[0]} (process {victim.pid}) killed with -9")
        _check_all(jobs, content)
        world.require_once(jobs)
        again = [j for one, j in jobs if one.job(j)["attempts"] > 1]
    demand(bool(again), "the killed annotator had no job under way: nothing was proven")
    world.say(
        f"{len(jobs)} jobs, {len(again)} of them taken up again after the kill; each completed "
        "once, one mail each, results checked against the input and the receipt"
    )
    world.wait_well(*ANNOTATORS)


def prove_rolling(world: World) -> None:
    """Every service started anew under load: no failed request, no lost job, no lost result."""
    tally, jobs = Tally(), list[tuple[Person, str]]()
    with ExitStack() as stack:
        people = [stack.enter_context(person(world.web, tally)) for _ in range(3)]
        keeper = stack.enter_context(person(world.web, tally))
        kept = [keeper.annotate(f"kept-{number}.vcf") for number in range(3)]
        sums = {}
        for job_id in kept:
            keeper.finished(job_id, PATIENCE)
            sums[job_id] = keeper.remember(job_id)
        world.say("three results of a Free user wait for the archive")
        pids = {name: world.record(name).pid for name in (*WEB, *ANNOTATORS, "archiver", "thaw")}
        with busy(people, tally, jobs):
            world.restart()
            for job_id in kept:
                keeper.wait_for_state(job_id, "ARCHIVED", PATIENCE)
            world.say("everything was started anew; the results are archived")
            keeper.upgrade(PATIENCE)
            world.restart("archiver", "thaw")
        same = [name for name, pid in pids.items() if world.record(name).pid == pid]
        demand(not same, f"still the same process: {same}")
        for job_id in kept:
            keeper.wait_for_state(job_id, "AVAILABLE", PATIENCE)
            back = {name: keeper.sha256(job_id, name) for name in sums[job_id]}
            demand(back == sums[job_id], f"the results of {job_id} came back changed")
        world.say("archiver and thaw again, while they were brought back: same checksums")
        _report(world, tally)
        demand(not tally.faults, f"people noticed: {tally.faults[:5]}")
        demand(tally["sent again"] == 0, f"requests failed: {dict(tally.counts)}")
        world.require_once(jobs)
        world.say(f"{len(jobs)} jobs submitted meanwhile: completed once each, one mail each")


def prove_down(world: World) -> None:
    """Submissions are taken while no annotator works, and done when there is one again."""
    tally, jobs = Tally(), list[tuple[Person, str]]()
    for name in ANNOTATORS:
        world.send(name, signal.SIGSTOP)
    world.say("both annotators hang (SIGSTOP)")
    with ExitStack() as stack:
        for number in range(5):
            one = stack.enter_context(person(world.web, tally))
            jobs.append((one, one.annotate(f"meanwhile-{number}.vcf")))
        time.sleep(2)
        waiting = [one.job(job_id)["job_status"] for one, job_id in jobs]
        demand(set(waiting) == {"PENDING"}, f"they should all wait: {waiting}")
        world.say(f"{len(jobs)} submissions were accepted and wait")
        for name in ANNOTATORS:
            world.send(name, signal.SIGKILL)
        world.say("the annotators die without having answered; new ones start")
        _check_all(jobs, smoke.BUILT_IN.encode())
        world.require_once(jobs)
    world.say(f"{len(jobs)} jobs completed once each, one mail each")
    world.wait_well(*ANNOTATORS)


@dataclass(frozen=True)
class Outcome:
    """What came out of one job, as it was downloaded."""

    job: dict[str, Any]
    annotated: bytes
    companions: dict[str, bytes]


def _check_all(jobs: list[tuple[Person, str]], content: bytes) -> None:
    """Hold what came out of each job to its input and its receipt.

    Everything is fetched as soon as it is there, since Free users can have it for a while only;
    the checks, which take longer, come after.
    """
    owned: dict[str, tuple[Person, list[str]]] = {}
    for one, job_id in jobs:
        owned.setdefault(one.email, (one, []))[1].append(job_id)
    with ThreadPoolExecutor(len(owned)) as pool:
        found = [o for mine in pool.map(lambda mine: _fetch(*mine), owned.values()) for o in mine]
    demand(len(found) == len(jobs), f"{len(found)} of {len(jobs)} jobs have results")
    for outcome in found:
        try:
            smoke.check_results(content, outcome.annotated, outcome.job)
            smoke.check_companions(outcome.companions, outcome.annotated, outcome.job)
        except smoke.SmokeFailed as fault:
            raise ProofFailed(f"job {outcome.job['job_id']}: {fault}") from fault


def _fetch(one: Person, waiting: list[str]) -> list[Outcome]:
    found = []
    while waiting:
        job_id = wait_until(
            lambda: next((j for j in waiting if World.finished(one, j)), None),
            seconds=PATIENCE,
            every=0.5,
        )
        job = one.finished(job_id, PATIENCE)
        received = smoke.download(one.client, job["results_url"])
        companions = {
            which: smoke.download(one.client, file["url"])
            for which, file in job["files"].items()
            if which != "annotated"
        }
        found.append(Outcome(job, received, companions))
        waiting.remove(job_id)
    return found


def _report(world: World, tally: Tally) -> None:
    counts = dict(sorted(tally.counts.items()))
    world.say(f"{len(tally.faults)} faults noticed by people; {counts}")


PROOFS = {
    "web": prove_web,
    "annotators": prove_annotators,
    "rolling": prove_rolling,
    "down": prove_down,
}
