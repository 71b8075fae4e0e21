"""A fetcher on fakes, whose clock jumps to what is due next."""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

from gas.imports.desk import ImportDesk, Wishes
from gas.imports.fetch import Budget, Fetch, World
from gas.imports.models import Import
from gas.jobs import JobOptions
from gas.plans import Plan
from gas.submissions import Uploader
from gas.testing import FakeClock, MemoryBlobStore, MemoryJobStore, MemoryTopic
from gas.testing.imports import FakeSource, MemoryImportQueue, MemoryImports
from gas.testing.parts import MemoryPartStore

USER = "ada11111-1111-4111-8111-111111111111"
PREFIX = "lab/"
UNIT = 64 * 1024
"""What a MiB is outside: parts are small here, so that files can be."""
URL = "https://data.example.org/trio.vcf.gz?signature=secret"
VCF = b"##fileformat=VCFv4.2\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n"


def vcf(size: int) -> bytes:
    """A text of `size` bytes that begins like a VCF."""
    line = b"20\t1\t.\tA\tG\t.\t.\t.\n"
    return (VCF + line * (size // len(line) + 1))[:size]


class Station:
    """Everything around the fetcher."""

    def __init__(self, content: bytes = VCF, *, plan: Plan = Plan.PREMIUM) -> None:
        self.clock = FakeClock()
        self.store, self.queue = MemoryImports(), MemoryImportQueue()
        self.inputs, self.jobs, self.topic = (
            MemoryBlobStore("inputs"),
            MemoryJobStore(),
            MemoryTopic(),
        )
        self.parts = MemoryPartStore(self.inputs)
        self.source = FakeSource(content, chunk=UNIT)
        self.ticks = 0.0
        """What the fetcher takes for the time; the source moves it."""
        self.person = Uploader(USER, "ada@example.org", plan)
        self.desk = ImportDesk(
            self.store, self.queue, self.parts, self.clock, allow_loopback=False, allow_http=False
        )
        self.import_id = str(uuid4())

    def begin(self, url: str = URL, **wishes: Any) -> Import:
        asked = Wishes(url=url, options=JobOptions(), **wishes)
        return self.desk.create(self.person, self.import_id, asked)

    def fetcher(self, **budget: float) -> Fetch:
        world = World(
            store=self.store,
            queue=self.queue,
            source=self.source,
            parts=self.parts,
            inputs=self.inputs,
            jobs=self.jobs,
            requests=self.topic,
            clock=self.clock,
            key_prefix=PREFIX,
        )
        return Fetch(
            world,
            Budget(part_bytes=16 * UNIT, least_part_bytes=5 * UNIT, **budget),
            lambda: self.ticks,
        )

    def run(self, fetch: Fetch | None = None, *, rounds: int = 60) -> Import:
        """Work through the queue, waiting as long as its messages say."""
        fetch = fetch or self.fetcher()
        for _ in range(rounds):
            if not self.queue.sent:
                break
            due, delay = self.queue.sent.pop(0)
            self.clock.advance(delay)
            fetch(due)
        assert not self.queue.sent, "the import does not come to an end"
        return self.now()

    def now(self) -> Import:
        found = self.store.get(USER, self.import_id)
        assert found is not None
        return found

    def object(self) -> bytes:
        """What the job would read."""
        return b"".join(self.inputs.stream(self.now().key))

    def slow(self, seconds: float) -> None:
        """Every chunk takes so long."""
        self.on_chunk(lambda: setattr(self, "ticks", self.ticks + seconds))

    def on_chunk(self, then: Callable[[], None]) -> None:
        """Have `then` happen before each chunk."""
        chunks = self.source.chunks_from

        def watched(first: int) -> Any:
            for chunk in chunks(first):
                then()
                yield chunk

        self.source.chunks_from = watched  # type: ignore[method-assign]
