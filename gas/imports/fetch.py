"""Going on with an import: a slice of the file, then the next message, until it is a job.

The order in which a crash anywhere loses nothing: a part is stored, then noted; the object is made,
registered as a job, and only then is the import done. Who comes later looks at what the file store
has, asks the server for the rest, and does again what may be done again.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass

from gas import submissions
from gas.errors import GasError, ServiceUnavailable, UploadGone
from gas.imports.filling import (
    LEAST_PART_BYTES,
    PART_BYTES,
    Filling,
    part_size_for,
    place_of,
)
from gas.imports.models import (
    PAUSES,
    TURN_SECONDS,
    Import,
    ImportState,
    Problem,
    name_in,
    without_query,
)
from gas.imports.ports import (
    ImportQueue,
    ImportStore,
    Opened,
    Source,
    SourceChanged,
    SourceFault,
    SourceRefused,
)
from gas.imports.sniff import ENOUGH_BYTES, check_start
from gas.imports.turns import enough_run, fetcher_died, leased
from gas.logs import bound, get_logger
from gas.messages import ImportDue
from gas.ports import BlobStore, Clock, JobStore, PartStore, Topic
from gas.submissions import check_size

log = get_logger()

LONGEST_DELAY = 900
"""A queue hides a message no longer."""
NOTE_SECONDS = 2.0
"""Progress is written so often; then it also shows whether the import was cancelled."""
_OUR_OWN_PAUSE = 20
_OLD_SPEED = 0.85
"""Share of the speed before in what is shown, so that it does not flicker."""


@dataclass(frozen=True)
class Budget:
    """How long one call may take. The function is stopped after 900 seconds."""

    slice_seconds: float = 120
    """A file that can be gone on with is handed to the next call after so long."""
    longest_seconds: float = 780
    """A file that cannot must be here by then."""
    part_bytes: int = PART_BYTES
    least_part_bytes: int = LEAST_PART_BYTES


@dataclass(frozen=True)
class World:
    """What a fetcher works on."""

    store: ImportStore
    queue: ImportQueue
    source: Source
    parts: PartStore
    inputs: BlobStore
    jobs: JobStore
    requests: Topic
    clock: Clock
    key_prefix: str = ""


class _Lost(Exception):
    """Cancelled, forgotten, or in other hands."""


class Fetch:
    """The use case behind `ImportDue`."""

    def __init__(
        self,
        world: World,
        budget: Budget = Budget(),
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._world = world
        self._budget = budget
        self._monotonic = monotonic

    def __call__(self, asked: ImportDue) -> None:
        """Go on with the import, unless it is too early, over, or in other hands."""
        found = self._world.store.get(asked.user_id, asked.import_id)
        if found is None or not found.is_open:
            return
        now = self._world.clock.now()
        early = found.next_at - now if found.state is ImportState.WAITING else 0
        if early > 0:
            self._world.queue.send(asked, delay=min(early, LONGEST_DELAY))
            return
        if found.state is ImportState.FETCHING and found.lease_until > now:
            return
        if found.state is ImportState.WAITING and enough_run(self._world.store, found.user_id):
            self._wait_for_turn(found, asked, now)
            return
        tries = found.tries + fetcher_died(found)
        taken = self._world.store.replace(
            found.model_copy(update={"state": ImportState.FETCHING, "tries": tries, **leased(now)})
        )
        if taken is not None:
            with bound(user_id=found.user_id, job_id=found.import_id):
                attempt = _Try(self._world, self._budget, self._monotonic, taken)
                attempt.make() if tries <= len(PAUSES) else attempt.give_up()

    def _wait_for_turn(self, found: Import, asked: ImportDue, now: int) -> None:
        later = found.model_copy(update={"next_at": now + TURN_SECONDS})
        if self._world.store.replace(later) is not None:
            self._world.queue.send(asked, delay=TURN_SECONDS)


class _Try:
    """One try: what it has read and written last of the import is `self._import`."""

    def __init__(
        self, world: World, budget: Budget, monotonic: Callable[[], float], taken: Import
    ) -> None:
        self._world = world
        self._budget = budget
        self._monotonic = monotonic
        self._import = taken
        self._began = self._noted = monotonic()
        self._noted_bytes = 0
        self._resumable = True

    def make(self) -> None:
        """Raises nothing but ServiceUnavailable, from the table or the queue of imports."""
        filling = None
        before = 0
        try:
            filling = Filling.resumed(self._world.parts, self._import)
            before = filling.stored if filling else 0
            if self._go_on(filling):
                self._register()
            else:
                self._hand_on()
        except _Lost:
            self._clean_up_if_over()
        except (SourceChanged, UploadGone) as error:
            self._give_up_upload()
            self._try_again(error, progress=False)
        except SourceFault as error:
            if not self._resumable:
                self._give_up_upload()
            there = Filling.resumed(self._world.parts, self._import)
            self._try_again(error, progress=bool(there and there.stored > before))
        except ServiceUnavailable as error:
            log.warning("import_put_off", error=error.message, cause=repr(error.__cause__))
            self._put_off(_OUR_OWN_PAUSE, tries=self._import.tries, problem=None)
        except GasError as error:
            self._fail(error)

    def give_up(self) -> None:
        """End it: too many tries broke off without a word. Raises as `make`."""
        self._fail(
            SourceRefused(
                "Fetching this file broke off again and again.",
                remedy="Download it, and upload it here.",
            )
        )

    # ------------------------------------------------------------------ the file

    def _go_on(self, filling: Filling | None) -> bool:
        """Fetch; whether the object is there."""
        was = self._import
        if filling is None and was.upload_id:
            if self._world.inputs.head(was.key) is not None:
                return True  # made by a try that came no further
            self._note(upload_id="", received=0)
        start = filling.stored if filling else 0
        if filling and start and start == was.total:
            return self._complete(filling)
        with self._world.source.open(was.url, start=start, tag=was.tag) as opened:
            if opened.start != start or (start and was.total not in (None, opened.total)):
                raise SourceChanged("The file has changed on its server, and is fetched anew.")
            if opened.total is not None and not start:
                check_size(opened.total, was.plan)
            return self._take(opened, filling)

    def _take(self, opened: Opened, filling: Filling | None) -> bool:
        self._noted_bytes = filling.stored if filling else 0
        self._noted = self._monotonic()
        self._resumable = opened.resumable
        head = b""
        for chunk in opened.chunks:
            if filling is not None:
                filling.add(chunk)
            else:
                head += chunk
                if len(head) >= ENOUGH_BYTES:
                    filling = self._begin(opened, head)
            received = filling.received if filling else len(head)
            check_size(received, self._import.plan)
            if self._monotonic() - self._noted >= NOTE_SECONDS:
                self._note_progress(received)
            if self._is_over(opened, filling):
                return False
        if filling is None:
            check_size(len(head), self._import.plan)
            filling = self._begin(opened, head)
        if opened.total is not None and filling.received != opened.total:
            if opened.resumable:
                filling.pause(self._budget.least_part_bytes)
            raise SourceFault("The connection broke off while the file was sent.")
        return self._complete(filling)

    def _begin(self, opened: Opened, head: bytes) -> Filling:
        """Begin the upload, as soon as it is clear what is coming."""
        check_start(head)
        was = self._import
        name = was.file_name or opened.name or name_in(was.url) or "import.vcf"
        key, metadata = place_of(was, self._world.key_prefix, name)
        size = part_size_for(opened.total, self._budget.part_bytes)
        upload_id = self._world.parts.begin(key, metadata=metadata)
        try:
            self._note(
                file_name=name,
                key=key,
                upload_id=upload_id,
                part_size=size,
                total=opened.total,
                tag=opened.tag,
                began_at=was.began_at or self._world.clock.now(),
            )
        except _Lost:
            self._world.parts.abort(key, upload_id)
            raise
        filling = Filling(self._world.parts, key, upload_id, size, [], bytearray())
        filling.add(head)
        return filling

    def _is_over(self, opened: Opened, filling: Filling | None) -> bool:
        """Whether the next call should go on: everything that came is stored."""
        spent = self._monotonic() - self._began
        may_pause = opened.resumable and spent >= self._budget.slice_seconds
        if may_pause and filling and filling.pause(self._budget.least_part_bytes):
            return True
        if spent < self._budget.longest_seconds:
            return False
        if opened.resumable:
            raise SourceFault("The server sends the file too slowly.")
        raise SourceRefused(
            "The file did not come within "
            f"{self._budget.longest_seconds / 60:.0f} minutes, and its server gives it only as a "
            "whole, so that it cannot be gone on with.",
            remedy="Download it and upload it here, or put it on a server that knows ranges.",
        )

    def _complete(self, filling: Filling) -> bool:
        self._note(received=filling.received, total=filling.received)
        try:
            filling.complete()
        except UploadGone:
            if self._world.inputs.head(filling.key) is None:
                raise
        return True

    # ------------------------------------------------------------------ what follows

    def _register(self) -> None:
        world = self._world
        job = submissions.register(
            self._import.key,
            inputs=world.inputs,
            key_prefix=world.key_prefix,
            jobs=world.jobs,
            requests=world.requests,
            clock=world.clock,
        )
        log.info("import_done", size=job.input_size, host=self._import.host)
        now: Import | None = self._import
        while now is not None:  # whoever cancels it now comes too late
            done = {
                "state": ImportState.DONE,
                "url": without_query(now.url),
                "upload_id": "",
                "problem": None,
                **leased(world.clock.now()),
            }
            if world.store.replace(now.model_copy(update=done)) is not None:
                return
            now = world.store.get(now.user_id, now.import_id)

    def _hand_on(self) -> None:
        self._note(tries=0, problem=None, lease_until=self._world.clock.now())
        self._world.queue.send(due(self._import), delay=0)

    def _try_again(self, error: GasError, *, progress: bool) -> None:
        tries = 1 if progress else self._import.tries + 1
        if tries > len(PAUSES):
            self._fail(error)
            return
        log.info("import_fault", error=error.message, tries=tries, host=self._import.host)
        self._put_off(PAUSES[tries - 1], tries=tries, problem=_problem(error, lasting=False))

    def _put_off(self, pause: int, *, tries: int, problem: Problem | None) -> None:
        try:
            self._note(
                state=ImportState.WAITING,
                tries=tries,
                problem=problem,
                speed=0,
                next_at=self._world.clock.now() + pause,
            )
        except _Lost:
            self._clean_up_if_over()
            return
        self._world.queue.send(due(self._import), delay=min(pause, LONGEST_DELAY))

    def _fail(self, error: GasError) -> None:
        log.info("import_failed", code=error.code, error=error.message, host=self._import.host)
        self._give_up_upload()
        try:
            self._note(
                state=ImportState.FAILED,
                problem=_problem(error, lasting=True),
                upload_id="",
                speed=0,
            )
        except _Lost:
            self._clean_up_if_over()

    def _give_up_upload(self) -> None:
        was = self._import
        if was.upload_id:
            self._world.parts.abort(was.key, was.upload_id)
            try:
                self._note(upload_id="", received=0, total=None, tag="")
            except _Lost:
                self._clean_up_if_over()

    def _clean_up_if_over(self) -> None:
        was = self._import
        found = self._world.store.get(was.user_id, was.import_id)
        if was.upload_id and (found is None or not found.is_open):
            self._world.parts.abort(was.key, was.upload_id)

    # ------------------------------------------------------------------ the table

    def _note_progress(self, received: int) -> None:
        now = self._monotonic()
        latest = (received - self._noted_bytes) / max(now - self._noted, 0.001)
        known = self._import.speed
        speed = round(_OLD_SPEED * known + (1 - _OLD_SPEED) * latest) if known else round(latest)
        self._noted, self._noted_bytes = now, received
        self._note(received=received, speed=speed, problem=None)

    def _note(self, **changes: object) -> None:
        """Write, and hold the import for longer.

        Raises:
            _Lost: somebody else has written it.
        """
        changed = {**leased(self._world.clock.now()), **changes}
        written = self._world.store.replace(self._import.model_copy(update=changed))
        if written is None:
            raise _Lost
        self._import = written


def due(found: Import) -> ImportDue:
    """The message that has an import gone on with."""
    return ImportDue(user_id=found.user_id, import_id=found.import_id)


def _problem(error: GasError, *, lasting: bool) -> Problem:
    return Problem(code=error.code, message=error.message, remedy=error.remedy, lasting=lasting)
