"""What a person does with their imports: the use cases behind the API and the pages."""

from collections.abc import Sequence
from dataclasses import dataclass

from gas.errors import GasError, InvalidRequest, NotFound, ServiceUnavailable
from gas.imports.fetch import due
from gas.imports.models import KEPT_SECONDS, MOST_OPEN, Import, ImportState
from gas.imports.ports import ImportQueue, ImportStore
from gas.jobs import JobOptions
from gas.outbound.addresses import parse
from gas.ports import Clock, PartStore
from gas.submissions import Uploader

_ROUNDS = 10
LONGEST_NAME = 200


class ImportOver(GasError):
    """The import has ended, so that it can no longer be cancelled; or it has become a job."""

    code = "import_over"


@dataclass(frozen=True)
class Wishes:
    """What is to be fetched, and what becomes of it."""

    url: str
    options: JobOptions
    file_name: str = ""


class ImportDesk:
    """All use cases. Every one looks at the user's own imports only."""

    def __init__(
        self,
        store: ImportStore,
        queue: ImportQueue,
        parts: PartStore,
        clock: Clock,
        *,
        allow_loopback: bool,
        allow_http: bool,
    ) -> None:
        self._store = store
        self._queue = queue
        self._parts = parts
        self._clock = clock
        self._allow_loopback = allow_loopback
        self._allow_http = allow_http

    def create(self, person: Uploader, import_id: str, wishes: Wishes) -> Import:
        """The import of this id: begun now, unless it was before.

        Raises:
            AddressRefused, InvalidRequest: it cannot be, or too many are under way.
        """
        url = wishes.url.strip().split("#", 1)[0]
        parse(url, allow_loopback=self._allow_loopback, allow_http=self._allow_http)
        known = self._store.get(person.user_id, import_id)
        if known is not None:
            return self._sent(known)
        self._check_room(person)
        now = self._clock.now()
        new = Import(
            user_id=person.user_id,
            import_id=import_id,
            url=url,
            file_name=wishes.file_name.strip()[:LONGEST_NAME],
            email=person.email,
            plan=person.plan,
            options=wishes.options,
            created_at=now,
            changed_at=now,
            next_at=now,
            expires_at=now + KEPT_SECONDS,
        )
        if not self._store.create(new):
            return self.get(person.user_id, import_id)  # the same request, twice at once
        return self._sent(new)

    def list(self, user_id: str) -> Sequence[Import]:
        """The person's imports of the last week, the newest first."""
        return self._store.of_user(user_id)

    def get(self, user_id: str, import_id: str) -> Import:
        """One of them.

        Raises:
            NotFound: there is no such import of this person.
        """
        found = self._store.get(user_id, import_id)
        if found is None:
            raise NotFound("There is no such import.", remedy="It may be older than a week.")
        return found

    def cancel(self, user_id: str, import_id: str) -> Import:
        """End it; what was fetched is deleted. Twice is the same as once.

        Raises:
            ImportOver, NotFound: it is a job by now, or there is none.
        """
        for _ in range(_ROUNDS):
            found = self.get(user_id, import_id)
            if found.state is ImportState.CANCELLED:
                return found
            if not found.is_open:
                raise ImportOver("This import has ended already.")
            changes = {"state": ImportState.CANCELLED, "upload_id": "", "speed": 0}
            written = self._written(found, changes)
            if written is not None:
                if found.upload_id:
                    self._parts.abort(found.key, found.upload_id)
                return written
        raise _busy()

    def retry(self, person: Uploader, import_id: str) -> Import:
        """Begin an import that failed or was cancelled once more, on the plan of today.

        Raises:
            ImportOver, NotFound: it is a job by now, or there is none.
            InvalidRequest: too many are under way.
        """
        for _ in range(_ROUNDS):
            found = self.get(person.user_id, import_id)
            if found.is_open:
                return self._sent(found)
            if found.state is ImportState.DONE:
                raise ImportOver("This file is here already.", remedy="Look at its job.")
            self._check_room(person)
            anew = {
                "state": ImportState.WAITING,
                "plan": person.plan,
                "email": person.email,
                "tries": 0,
                "next_at": self._clock.now(),
                "problem": None,
                "began_at": 0,
                "received": 0,
                "total": None,
                "tag": "",
                "upload_id": "",
            }
            written = self._written(found, anew)
            if written is not None:
                return self._sent(written)
        raise _busy()

    def _check_room(self, person: Uploader) -> None:
        if sum(each.is_open for each in self.list(person.user_id)) >= MOST_OPEN:
            raise InvalidRequest(
                f"{MOST_OPEN} files are being fetched for you already.",
                remedy="Wait until one of them is here, or cancel one.",
            )

    def _written(self, found: Import, changes: dict[str, object]) -> Import | None:
        now = self._clock.now()
        always = {"changed_at": now, "expires_at": now + KEPT_SECONDS}
        return self._store.replace(found.model_copy(update={**always, **changes}))

    def _sent(self, found: Import) -> Import:
        """The import, whose message is sent if it waits; again does no harm."""
        if found.state is ImportState.WAITING:
            self._queue.send(due(found), delay=0)
        return found


def _busy() -> ServiceUnavailable:
    return ServiceUnavailable("The import changes too fast.", remedy="Try again in a second.")
