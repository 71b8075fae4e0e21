"""Cold storage in a dict, where time passes and things fail when a test says so."""

from collections.abc import Iterable, Iterator
from itertools import count

from gas.errors import CapacityLacking, NotFound, ServiceUnavailable
from gas.jobs import ArchiveReference, ColdKind
from gas.ports import Retrieval, Tier

_CHUNK = 1024 * 1024


class MemoryColdStore:
    """`gas.ports.ColdStore` without a cloud. No id is ever used again.

    `finish` makes retrievals ready, `expire` ends them; `lacking` and `down` are
    switches that a test may turn at any time.
    """

    def __init__(self, kind: ColdKind = ColdKind.GLACIER_CLASS) -> None:
        self._kind = kind
        self._ids = count(1)
        self.lacking: set[Tier] = set()
        """Tiers that have no capacity just now."""
        self.down = False
        """Whether every request fails with ServiceUnavailable."""
        self.archives: dict[str, bytes] = {}
        self.references: dict[str, ArchiveReference] = {}
        """Of every archive there ever was."""
        self.started: list[tuple[str, str, Tier]] = []
        """Archive, retrieval and tier of every retrieval, in the order they were asked for."""
        self._retrievals: dict[str, tuple[str, Retrieval]] = {}

    @property
    def kind(self) -> ColdKind:
        return self._kind

    def put(self, chunks: Iterable[bytes], *, size: int, reference: ArchiveReference) -> str:
        self._require_up()
        content = b"".join(chunks)
        if len(content) != size:
            raise ServiceUnavailable(f"An archive came with another size than its {size} bytes.")
        self._require_up()  # a test's chunks may have turned the switch
        archive_id = f"archive-{next(self._ids)}"
        self.archives[archive_id] = content
        self.references[archive_id] = reference
        return archive_id

    def begin_retrieval(self, archive_id: str, *, tier: Tier, reference: ArchiveReference) -> str:
        self._require_up()
        self._content(archive_id)
        if tier in self.lacking:
            raise CapacityLacking(f"No capacity for {tier} retrievals just now.")
        retrieval_id = f"retrieval-{next(self._ids)}"
        self._retrievals[retrieval_id] = (archive_id, Retrieval.RUNNING)
        self.started.append((archive_id, retrieval_id, tier))
        return retrieval_id

    def retrieval(self, archive_id: str, retrieval_id: str) -> Retrieval:
        self._require_up()
        asked_for, state = self._retrievals.get(retrieval_id, ("", Retrieval.GONE))
        there = asked_for == archive_id and archive_id in self.archives
        return state if there else Retrieval.GONE

    def read(self, archive_id: str, retrieval_id: str) -> Iterator[bytes]:
        if self.retrieval(archive_id, retrieval_id) is not Retrieval.READY:
            raise NotFound(f"There is no retrieved copy of {archive_id}.")
        content = self._content(archive_id)
        for start in range(0, len(content), _CHUNK):
            self._require_up()
            yield content[start : start + _CHUNK]

    def delete(self, archive_id: str) -> None:
        self._require_up()
        self.archives.pop(archive_id, None)

    def finish(self, *retrieval_ids: str) -> list[ArchiveReference]:
        """Make running retrievals ready (all, or these); what the notices would name."""
        return [
            self.references[archive_id]
            for retrieval_id, archive_id in self._end(retrieval_ids, Retrieval.READY)
        ]

    def expire(self, *retrieval_ids: str) -> None:
        """Let retrievals (all, or these) come to nothing: they expired, or failed."""
        self._end(retrieval_ids, Retrieval.GONE)

    def _end(self, retrieval_ids: tuple[str, ...], state: Retrieval) -> list[tuple[str, str]]:
        ended = []
        for retrieval_id, (archive_id, before) in self._retrievals.items():
            wanted = not retrieval_ids or retrieval_id in retrieval_ids
            if wanted and (before is Retrieval.RUNNING or state is Retrieval.GONE):
                self._retrievals[retrieval_id] = (archive_id, state)
                ended.append((retrieval_id, archive_id))
        return ended

    def _content(self, archive_id: str) -> bytes:
        if archive_id not in self.archives:
            raise NotFound(f"There is no archive {archive_id}.")
        return self.archives[archive_id]

    def _require_up(self) -> None:
        if self.down:
            raise ServiceUnavailable("Cold storage cannot be reached just now.")
