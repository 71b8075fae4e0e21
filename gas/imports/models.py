"""An import, and how far it is."""

from collections.abc import Sequence
from enum import StrEnum
from urllib.parse import unquote, urlsplit

from pydantic import BaseModel, ConfigDict

from gas.jobs import JobOptions
from gas.plans import Plan

DAY = 24 * 3600

KEPT_SECONDS = 7 * DAY
"""An import is remembered for so long after its last change."""
MOST_OPEN = 20
"""Imports of one user that wait or run."""
MOST_AT_ONCE = 4
"""Of these, so many are fetched at the same time, so that slow servers of one user's cannot hold
all fetchers there are (`MaximumConcurrency` in deploy/service.yaml)."""
TURN_SECONDS = 20
"""Who waits for their turn asks again after this time."""
PAUSES: Sequence[int] = (5, 15, 60, 180, 600, 900, 1800)
"""Seconds between one try and the next; a try that brought something begins the row anew."""
LEASE_SECONDS = 120
"""A fetcher that is silent this long has lost the import."""
SWEEP_SECONDS = 300
"""An import that is due for so long has lost its message."""


class ImportState(StrEnum):
    """How far an import is; the values are what the API says."""

    WAITING = "waiting"
    """For its turn, or for the next try."""
    FETCHING = "fetching"
    DONE = "done"
    """It has become a job."""
    FAILED = "failed"
    CANCELLED = "cancelled"


OPEN_STATES = frozenset({ImportState.WAITING, ImportState.FETCHING})


class Problem(BaseModel):
    """Why a try failed, in words for who gave the address."""

    model_config = ConfigDict(frozen=True)

    code: str
    message: str
    remedy: str = ""
    lasting: bool = True
    """Whether another try would come to the same."""


class Import(BaseModel):
    """One file on its way from a web address. Times are seconds since 1970, 0 for never."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    user_id: str
    import_id: str
    """Also the id of the job that it becomes."""
    url: str
    """May hold a signature: shown without its query, and forgotten when the file is there."""
    file_name: str = ""
    """As its person wants it called; empty: as the server calls it."""
    email: str
    plan: Plan
    """Its person's when it began; it holds for the whole import."""
    options: JobOptions = JobOptions()
    state: ImportState = ImportState.WAITING
    created_at: int
    changed_at: int
    tries: int = 0
    """Those that brought nothing, since one last did."""
    next_at: int = 0
    """When the next try is due, while it waits."""
    lease_until: int = 0
    problem: Problem | None = None
    """Of the last try that failed."""
    began_at: int = 0
    """When the first byte came."""
    received: int = 0
    """Bytes, those of the part that is being filled included."""
    total: int | None = None
    """Bytes of the file, as its server says."""
    speed: int = 0
    """Bytes per second, over the last seconds."""
    tag: str = ""
    """What the server says the file's version is (`ETag`, or else `Last-Modified`): a file that
    has changed on the way is fetched anew."""
    key: str = ""
    upload_id: str = ""
    """The upload in parts, once it has begun."""
    part_size: int = 0
    expires_at: int
    version: int = 0
    """Counts the writes, so that nobody overwrites what they have not seen."""

    @property
    def is_open(self) -> bool:
        """Whether it waits or runs."""
        return self.state in OPEN_STATES

    @property
    def host(self) -> str:
        """The server's name."""
        return urlsplit(self.url).hostname or ""

    @property
    def shown_url(self) -> str:
        """The address without what may be secret in it."""
        return without_query(self.url)

    @property
    def look_at(self) -> int:
        """When the sweeper should wonder what became of it."""
        if self.state is ImportState.FETCHING:
            return self.lease_until
        return self.next_at + SWEEP_SECONDS


def without_query(url: str) -> str:
    """`url` up to its question mark."""
    return url.split("?", 1)[0]


def name_in(url: str) -> str:
    """The file's name as the address has it; "" when it ends in a slash."""
    return unquote(urlsplit(url).path.rsplit("/", 1)[-1])
