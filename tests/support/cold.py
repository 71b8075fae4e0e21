"""Cold storage in every world, and the levers that make it slow, scarce or unreachable."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from typing import Any

import httpx

from gas.jobs import ArchiveReference
from gas.ports import ColdStore, Retrieval, Tier
from gas.testing import MemoryColdStore
from tests.support.waiting import wait_until

SECONDS = {"expedited": 0.4, "standard": 0.8, "kept": None}


class ColdWorld(ABC):
    """A cold store, and what a test may do to it."""

    store: ColdStore

    @abstractmethod
    def until_ready(self, archive_id: str, retrieval_id: str) -> None:
        """Let time pass until the retrieval is ready."""

    @abstractmethod
    def lack(self, *, expedited: bool) -> None:
        """Whether expedited retrievals lack capacity from now on."""

    @abstractmethod
    def outage(self, down: bool) -> None:
        """Whether every request fails from now on."""

    @abstractmethod
    def expire_soon(self) -> None:
        """Retrievals begun from now on expire right after they are ready."""

    @abstractmethod
    def let_expire(self, archive_id: str, retrieval_id: str) -> None:
        """Let time pass until a retrieval begun after `expire_soon` is gone."""

    @abstractmethod
    def notices(self) -> Sequence[str]:
        """What the topic of completed retrievals was told since the last call."""


class MemoryCold(ColdWorld):
    """The fake."""

    def __init__(self) -> None:
        self.memory = MemoryColdStore()
        self.store = self.memory
        self._notices: list[ArchiveReference] = []

    def until_ready(self, archive_id: str, retrieval_id: str) -> None:
        assert self.store.retrieval(archive_id, retrieval_id) is Retrieval.RUNNING
        self._notices += self.memory.finish(retrieval_id)

    def lack(self, *, expedited: bool) -> None:
        self.memory.lacking = {Tier.EXPEDITED} if expedited else set()

    def outage(self, down: bool) -> None:
        self.memory.down = down

    def expire_soon(self) -> None:
        pass

    def let_expire(self, archive_id: str, retrieval_id: str) -> None:
        self.memory.finish(retrieval_id)
        self.memory.expire(retrieval_id)

    def notices(self) -> Sequence[str]:
        told, self._notices = self._notices, []
        return [each.job_id for each in told]


class EmbeddedCold(ColdWorld):
    """An adapter on the embedded cloud, whose practice page has the levers."""

    def __init__(
        self, store: ColdStore, address: str, token: str, receive: Callable[[], Sequence[str]]
    ) -> None:
        self.store = store
        self._page = f"{address}/_gas/practice/cold"
        self._token = token
        self._receive = receive
        self.reset()

    def reset(self) -> None:
        self._set(expedited_capacity=True, outage=False, seconds=SECONDS)

    def until_ready(self, archive_id: str, retrieval_id: str) -> None:
        assert self.store.retrieval(archive_id, retrieval_id) is not Retrieval.GONE
        self._until(archive_id, retrieval_id, Retrieval.READY)

    def lack(self, *, expedited: bool) -> None:
        self._set(expedited_capacity=not expedited)

    def outage(self, down: bool) -> None:
        self._set(outage=down)

    def expire_soon(self) -> None:
        self._set(seconds={"kept": 0.1})

    def let_expire(self, archive_id: str, retrieval_id: str) -> None:
        self._until(archive_id, retrieval_id, Retrieval.GONE)

    def notices(self) -> Sequence[str]:
        return self._receive()

    def _until(self, archive_id: str, retrieval_id: str, state: Retrieval) -> None:
        wait_until(
            lambda: self.store.retrieval(archive_id, retrieval_id) is state or None, seconds=10
        )

    def _set(self, **practice: Any) -> None:
        bearer = {"Authorization": f"Bearer {self._token}"}
        httpx.post(self._page, json=practice, headers=bearer).raise_for_status()
