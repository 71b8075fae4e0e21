"""Annotators under load, simulated: arrivals, two queues, a scaling policy, lost instances.

What is simulated is what the services do: Premium's queue is emptied first; an instance takes
`slots` jobs at once; a job of a lost instance comes back when its lease has lapsed and begins
anew. The policy is the template's: once a minute, instances for so many waiting jobs each, out at
once and in only after a quiet time, and never while one still works (scale-in protection).
A run is decided by its seed.
"""

import math
import random
from collections.abc import Generator, Iterator
from dataclasses import dataclass, field
from typing import Any

import simpy

from deploy.capacity.model import SECONDS_PER_DAY, Workload

Process = Generator[simpy.Event, Any, None]
MINUTE = 60.0


@dataclass(frozen=True)
class Policy:
    """What the operator chooses."""

    backlog_per_instance: float
    """Waiting jobs that one instance is meant to have before it."""
    least: int = 1
    most: int = 40
    quiet_seconds: float = 900.0
    """Fewer instances only when fewer were enough for as long as this."""
    slots: int = 2
    spot: bool = False


@dataclass(frozen=True)
class World:
    """What nobody chooses."""

    jobs_per_day: float
    peak_over_mean: float = 4.0
    jobs_per_submission: float = 3.0
    """People send several files at once (geometric)."""
    premium_share: float = 0.2
    boot_seconds: float = 150.0
    """From the decision until the first job is taken."""
    lease_seconds: float = 30.0
    spot_loss_per_hour: float = 0.02
    days: float = 2.0


@dataclass
class Job:
    """One job: when it came, what it takes."""

    came: float
    seconds: float
    premium: bool
    taken: float | None = None
    done: float | None = None


@dataclass
class Outcome:
    """What a run tells."""

    jobs: list[Job] = field(default_factory=list)
    instance_seconds: float = 0.0
    lost_instances: int = 0
    repeated: int = 0
    timeline: list[tuple[float, int, int]] = field(default_factory=list)
    """(second, waiting jobs, instances paid for), once a minute."""

    def waits(self, *, premium: bool | None = None) -> list[float]:
        """Seconds from arrival to the attempt that finished, sorted."""
        chosen = (j for j in self.jobs if premium is None or j.premium is premium)
        return sorted(j.taken - j.came for j in chosen if j.taken is not None)

    def quantile(self, share: float, *, premium: bool | None = None) -> float:
        """The wait that this share of the jobs stays within."""
        waits = self.waits(premium=premium)
        return waits[min(len(waits) - 1, int(share * len(waits)))] if waits else 0.0


def arrivals(world: World, load: Workload, chance: random.Random) -> Iterator[Job]:
    """Jobs in order: a Poisson process whose rate follows the hour, thinned from its peak."""
    mean = world.jobs_per_day / SECONDS_PER_DAY / world.jobs_per_submission
    peak = mean * world.peak_over_mean
    now, end = 0.0, world.days * SECONDS_PER_DAY
    mu, sigma = math.log(load["median_records"]), load["sigma"]
    while (now := now + chance.expovariate(peak)) < end:
        if chance.random() * world.peak_over_mean > daily_shape(now, world.peak_over_mean):
            continue
        premium = chance.random() < world.premium_share
        for _ in range(1 + int(math.log(chance.random()) / math.log(_more(world)))):
            seconds = load.service_seconds(chance.lognormvariate(mu, sigma))
            yield Job(now, seconds, premium)


def _more(world: World) -> float:
    """Chance of one file more in the same submission."""
    return 1 - 1 / world.jobs_per_submission


def daily_shape(second: float, peak: float) -> float:
    """The rate at a time of day by its mean over the day: a bell around 14 o'clock, mean 1."""
    width = 1 / (peak * math.sqrt(2 * math.pi))  # of a day; a bell of this width has that peak
    distance = (second / SECONDS_PER_DAY) % 1 - 14 / 24
    distance = min(abs(distance), 1 - abs(distance))
    return peak * math.exp(-0.5 * (distance / width) ** 2)


class Fleet:
    """The running simulation."""

    def __init__(self, world: World, policy: Policy, load: Workload, seed: int) -> None:
        self._env = simpy.Environment()
        self._world, self._policy = world, policy
        self._chance = random.Random(seed)  # noqa: S311  repeatable, not secret
        self._queue = simpy.PriorityStore(self._env)
        self._order = 0
        self._wanted = policy.least
        self._running: set[Instance] = set()
        self.outcome = Outcome()
        self._arrivals = arrivals(world, load, random.Random(seed + 1))  # noqa: S311

    def run(self) -> Outcome:
        """All jobs of the time; the run ends when the last one is done."""
        for _ in range(self._policy.least):
            self.launch(boot=0.0)
        self._env.process(self._receive())
        self._env.process(self._scale())
        self._env.run(until=self._world.days * SECONDS_PER_DAY)
        while any(job.done is None for job in self.outcome.jobs):
            self._env.run(until=self._env.now + MINUTE)
        for instance in self._running:
            self.outcome.instance_seconds += self._env.now - instance.begun
        return self.outcome

    def put(self, job: Job) -> None:
        """Into its queue: Premium before Free, each in the order it came."""
        self._order += 1
        self._queue.put(simpy.PriorityItem((not job.premium, self._order), job))

    def launch(self, boot: float) -> None:
        """One instance more."""
        self._running.add(Instance(self, self._env, self._world, self._policy, boot))

    def end(self, instance: "Instance") -> None:
        """One instance less; what it cost is noted."""
        self._running.discard(instance)
        self.outcome.instance_seconds += self._env.now - instance.begun

    @property
    def queue(self) -> simpy.PriorityStore:
        return self._queue

    @property
    def chance(self) -> random.Random:
        return self._chance

    def _receive(self) -> Process:
        for job in self._arrivals:
            yield self._env.timeout(max(0.0, job.came - self._env.now))
            self.outcome.jobs.append(job)
            self.put(job)

    def _scale(self) -> Process:
        policy, enough_since = self._policy, 0.0
        while True:
            waiting = len(self._queue.items)
            needed = math.ceil(waiting / policy.backlog_per_instance)
            needed = min(policy.most, max(policy.least, needed))
            count = len(self._running)
            self.outcome.timeline.append((self._env.now, waiting, count))
            if needed >= count:
                enough_since = self._env.now
                for _ in range(needed - count):
                    self.launch(self._world.boot_seconds)
            elif self._env.now - enough_since >= policy.quiet_seconds:
                idle = [i for i in self._running if i.idle]
                for instance in idle[: count - needed]:
                    instance.stop()
            yield self._env.timeout(MINUTE)


class Instance:
    """An annotator: boots, takes jobs, may be lost."""

    def __init__(
        self, fleet: Fleet, env: simpy.Environment, world: World, policy: Policy, boot: float
    ) -> None:
        self._fleet, self._env, self._world = fleet, env, world
        self.begun = env.now
        self._working = 0
        self._slots = [env.process(self._slot(boot)) for _ in range(policy.slots)]
        self._over = False
        if policy.spot:
            env.process(self._lose(fleet.chance.expovariate(world.spot_loss_per_hour / 3600)))

    @property
    def idle(self) -> bool:
        return self._working == 0

    def stop(self) -> None:
        """Scaled in: nothing was running here."""
        if not self._over:
            self._over = True
            for slot in self._slots:
                if slot.is_alive:
                    slot.interrupt()
            self._fleet.end(self)

    def _lose(self, after: float) -> Process:
        yield self._env.timeout(after)
        if not self._over:
            self._fleet.outcome.lost_instances += 1
            self.stop()

    def _slot(self, boot: float) -> Process:
        get: simpy.Event | None = None
        job: Job | None = None
        try:
            yield self._env.timeout(boot)
            while True:
                get = self._fleet.queue.get()
                item = yield get
                get, job = None, item.item
                self._working += 1
                job.taken = self._env.now
                yield self._env.timeout(job.seconds)
                job.done = self._env.now
                self._working -= 1
                job = None
        except simpy.Interrupt:
            if get is not None:
                _give_back(get, self._fleet)
            if job is not None:
                self._fleet.outcome.repeated += 1
                self._env.process(self._return(job))

    def _return(self, job: Job) -> Process:
        yield self._env.timeout(self._world.lease_seconds)
        self._fleet.put(job)


def _give_back(get: simpy.Event, fleet: Fleet) -> None:
    """A slot that stops asks no more; what was handed to it at that very moment goes back."""
    if get.triggered:
        item: Any = get.value
        fleet.put(item.item)
    else:
        get.cancel()  # type: ignore[attr-defined]


def simulate(world: World, policy: Policy, load: Workload, *, seed: int = 1) -> Outcome:
    """One run."""
    return Fleet(world, policy, load, seed).run()
