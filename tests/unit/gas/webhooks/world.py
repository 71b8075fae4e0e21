"""Everything that delivers webhooks, on fakes, with a clock that jumps to what is due next."""

from collections.abc import Callable
from typing import Any

from gas.jobs import Failure, Job, JobStatus
from gas.messages import JobFinished, ResultsRestored
from gas.testing import FakeClock, MemoryJobStore, MemoryQueue, MemoryTopic
from gas.testing.webhooks import FakeSender, MemoryWebhooks
from gas.webhooks.deliver import Deliver
from gas.webhooks.desk import Owner, WebhookDesk, Wishes
from gas.webhooks.fan_out import FanOut
from gas.webhooks.models import CHOOSABLE, Delivery, Endpoint
from gas.webhooks.ports import Reply
from lambdas.deliver_webhooks.handler import by_contract
from tests.support.jobs import USER, job, results

URL = "https://gas.example.org"
HOOK = "https://hooks.example.org/gas"
BAD = Reply(status=500, headers={"content-type": "text/plain"}, body="out of order")
VISIBILITY = 180


class Crash(BaseException):
    """The function dies here."""


class Fuse:
    """Dies before or after the n-th call of anything it guards."""

    def __init__(self, at: int = 0, *, after: bool = False) -> None:
        self._left = at
        self._after = after
        self.blown = False

    def guard(self, thing: Any) -> Any:
        fuse = self

        class Guarded:
            def __getattr__(self, name: str) -> Any:
                return fuse._call(getattr(thing, name))

        return Guarded()

    def _call(self, function: Callable[..., Any]) -> Callable[..., Any]:
        def guarded(*args: Any, **kwargs: Any) -> Any:
            self._left -= 1
            if self._left == 0 and not self._after:
                self.blown = True
                raise Crash
            found = function(*args, **kwargs)
            if self._left == 0:
                self.blown = True
                raise Crash
            return found

        return guarded


class QueueOfTries:
    """`gas.webhooks.ports.DeliveryQueue` on the queue that the function reads."""

    def __init__(self, queue: MemoryQueue) -> None:
        self._queue = queue

    def send(self, due: Any, *, delay: int) -> None:
        assert 0 <= delay <= 900
        self._queue.send(due.to_json(), delay=delay)


class World:
    """One user with endpoints, and the function that tells them."""

    def __init__(self, *replies: Reply, fuse: Fuse | None = None) -> None:
        guard = (fuse or Fuse()).guard
        self.clock = FakeClock()
        self.jobs = MemoryJobStore()
        self.store = MemoryWebhooks()
        self.sender = FakeSender(*replies)
        self.notices = MemoryTopic()
        self.messages = MemoryQueue(self.clock, visibility=VISIBILITY, max_receives=480)
        queue = QueueOfTries(self.messages)
        self.desk = WebhookDesk(self.store, queue, self.clock, public_url=URL, allow_loopback=False)
        self._work = by_contract(
            FanOut(
                jobs=guard(self.jobs),
                store=guard(self.store),
                queue=guard(queue),
                clock=self.clock,
                public_url=URL,
            ),
            Deliver(
                store=guard(self.store),
                queue=guard(queue),
                sender=guard(self.sender),
                notices=guard(self.notices),
                clock=self.clock,
            ),
        )
        self.owner = Owner(USER, "ada@example.org")

    def endpoint(self, **changes: Any) -> Endpoint:
        """A new endpoint that wants all events."""
        wishes = {"url": HOOK, "events": CHOOSABLE, **changes}
        return self.desk.create(self.owner, Wishes(**wishes))

    def finish(self, *, failure: Failure | None = None, **changes: Any) -> Job:
        """A job that ends now, which the service tells itself."""
        status = JobStatus.FAILED if failure else JobStatus.COMPLETED
        done = job(
            job_status=status,
            results=None if failure else results(),
            failure=failure,
            complete_time=self.clock.now(),
            **changes,
        )
        self.jobs.create(done)
        self.announce(done)
        return done

    def announce(self, done: Job) -> None:
        told = JobFinished(job_id=done.job_id, user_id=USER, job_status=done.job_status)
        self.messages.send(told.to_json())

    def restore(self, jobs: int) -> None:
        message = ResultsRestored(user_id=USER, email="", jobs=jobs, restored_at=self.clock.now())
        self.messages.send(message.to_json())

    def work(self) -> None:
        """Do what is due now. Who dies leaves the message to its next delivery."""
        while found := self.messages.receive(limit=1, wait_seconds=0):
            try:
                self._work(found[0].body)
            except Crash:
                continue
            self.messages.delete(found[0].receipt)

    def work_until_quiet(self, *, step: int = 10, most: int = 3 * 86_400) -> None:
        """Go on until no message is left."""
        end = self.clock.now() + most
        self.work()
        while len(self.messages):
            assert self.clock.now() < end, "it never ends"
            self.clock.advance(step)
            self.work()

    def log(self, endpoint: Endpoint) -> list[Delivery]:
        return list(self.desk.log(USER, endpoint.endpoint_id))

    def fresh(self, endpoint: Endpoint) -> Endpoint:
        return self.desk.get(USER, endpoint.endpoint_id)
