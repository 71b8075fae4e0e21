"""What imports need of the world. All of it raises ServiceUnavailable when it is away."""

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol

from gas.errors import GasError
from gas.imports.models import Import
from gas.messages import ImportDue


class ImportStore(Protocol):
    """The table of imports (`gas.aws.imports`, `gas.testing.imports`)."""

    def create(self, new: Import) -> bool:
        """Keep a new import. False: there is one of this id already, and it stays as it is."""

    def get(self, user_id: str, import_id: str) -> Import | None:
        """One of them, read consistently."""

    def of_user(self, user_id: str) -> Sequence[Import]:
        """The user's imports, the newest first, read consistently."""

    def replace(self, changed: Import) -> Import | None:
        """Write an import that was read; the import afterwards.

        None: somebody else has written it since, or it is gone.
        """

    def stuck(self, *, now: int, limit: int) -> Sequence[Import]:
        """Open imports whose `look_at` has passed, the longest first (eventually consistent)."""

    def erase(self, user_id: str, *, up_to: int) -> None:
        """Forget all of the user's that was made until `up_to`: a deleted account."""


class ImportQueue(Protocol):
    """Where imports wait for their next try."""

    def send(self, due: ImportDue, *, delay: int) -> None:
        """Have the try made after `delay` seconds (0-900)."""


class SourceFault(GasError):
    """The server at the address did not give the file; another try may go better."""

    code = "source_unreachable"
    retryable = True


class SourceRefused(GasError):
    """The address does not lead to a file that can be fetched; trying again would not help."""

    code = "source_refused"


class SourceChanged(GasError):
    """The file is not the one that was begun with: it has to be fetched from the beginning."""

    code = "source_changed"
    retryable = True


@dataclass(frozen=True)
class Opened:
    """An answer whose body is the file, from `start` on."""

    start: int
    """0-based offset of the body's first byte: 0 when the server gives whole files only."""
    total: int | None
    """Bytes of the whole file; None: the server does not say."""
    tag: str
    resumable: bool
    """Whether the server gives a file from the middle on."""
    name: str
    """What the server calls the file; may be empty."""
    content_type: str
    chunks: Iterator[bytes]
    """Raises SourceFault when the connection breaks."""


class Source(Protocol):
    """Web servers of strangers (`gas.imports.source`)."""

    def open(self, url: str, *, start: int, tag: str) -> AbstractContextManager[Opened]:
        """Ask for the file from the byte `start` on, if it still has the `tag`.

        Raises:
            SourceFault: not now.
            SourceRefused: never.
            SourceChanged: it is another file by now, or shorter than `start`.
        """
