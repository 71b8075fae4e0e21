"""`gas.listing.JobFinder` on the indexes of the jobs table.

| question | index | partition, sort |
|---|---|---|
| all jobs by time, searches | `user_search` | user_id, submit_time |
| those of one state | `user_states` | user_state, submit_time |
| names that begin with … | `user_names` | user_id, name_key |

The indexes are slim: they say which jobs, and the table itself, read consistently, says what each
is now. `user_search` needs nothing that a job from before these lists does not have.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from gas.aws.faults import neighbour
from gas.aws.items import JobTable
from gas.aws.values import as_item
from gas.jobs import Job
from gas.listing import MOST_LOOKED_AT, FoundJobs, JobQuery, Place, name_key, state_key
from gas.usage import Usage

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import QueryInputTypeDef

_BATCH = 100
"""As many jobs as are read from the table at once."""

_FIRST = 250
"""As many entries as a search begins with: what is common is found among them."""

_FEW = 500
"""As many jobs of somebody as are given their shares while they wait for the page."""

Entry = Mapping[str, Any]
"""What an index holds of a job."""


@dataclass(frozen=True)
class _List:
    """An index, asked for a user's jobs."""

    index: str
    partition: str
    sort: str
    values: Mapping[str, Any]
    sort_condition: str

    def start_key(self, place: Place) -> dict[str, Any]:
        key = {
            "job_id": place.job_id,
            self.partition: self.values[":partition"],
            self.sort: place.sort,
        }
        return as_item(key)

    def place(self, entry: Entry, *, backward: bool = False) -> str:
        return str(Place(entry["job_id"], entry[self.sort], backward))


class DynamoJobFinder:
    """The lists and sums of a user's jobs."""

    def __init__(
        self, client: "DynamoDBClient", table: str, *, most_looked_at: int = MOST_LOOKED_AT
    ) -> None:
        self._client = client
        self._name = table
        self._table = JobTable(client, table)
        self._most = most_looked_at

    def find(self, query: JobQuery, *, limit: int, cursor: str | None = None) -> FoundJobs:
        if query.whole_id is not None:
            job = self._table.get(query.whole_id)
            return FoundJobs([job] if job is not None and query.wants(job) else [])
        place = Place.read(cursor, query) if cursor else None
        walk = _Walk(self, _list_of(query), query, place, limit)
        return walk.page()

    def usage(self, user_id: str) -> Usage:
        usage = self._table.shares.usage(user_id)
        if not usage.complete and self.settle_all(user_id, most=_FEW):
            usage = self._table.shares.usage(user_id)
        return usage

    def settle_all(self, user_id: str, *, most: int | None = None) -> bool:
        """Give each of the user's jobs its share, if it has none. False: there are more than
        `most`, or others were at the sum all the time; those that were reached have theirs."""
        shares, seen = self._table.shares, 0
        listed = _list_of(JobQuery(user_id))
        for entries, _ in self.entries(listed, descending=False, at_once=_BATCH):
            for entry in entries:
                if not shares.settle(shares.read(entry["job_id"])):
                    return False
            seen += len(entries)
            if most is not None and seen > most:
                return False
        shares.mark_complete(user_id)
        return True

    def entries(
        self,
        listed: _List,
        *,
        descending: bool,
        at_once: int,
        place: Place | None = None,
        most: int | None = None,
    ) -> Iterator[tuple[Sequence[Entry], bool]]:
        """What the index holds, `at_once` entries at first, and whether that was all of it.

        Where there are `most`, later ones come in larger portions, up to so many together.
        """
        request: QueryInputTypeDef = {
            "TableName": self._name,
            "IndexName": listed.index,
            "KeyConditionExpression": f"#partition = :partition AND {listed.sort_condition}",
            "ExpressionAttributeNames": {"#partition": listed.partition, "#sort": listed.sort},
            "ExpressionAttributeValues": as_item(listed.values),
            "ScanIndexForward": not descending,
            "Limit": at_once,
        }
        if place is not None:
            request["ExclusiveStartKey"] = listed.start_key(place)
        seen = 0
        while True:
            with neighbour("The job database"):
                answer = self._client.query(**request)
            last = answer.get("LastEvaluatedKey")
            seen += len(answer["Items"])
            if most is not None:
                at_once = max(1, min(4 * at_once, most - seen))
                request["Limit"] = at_once
            yield [_entry(item) for item in answer["Items"]], last is None
            if last is None:
                return
            request["ExclusiveStartKey"] = last

    def read(self, entries: Sequence[Entry]) -> Mapping[str, Job]:
        """The jobs behind up to 100 entries, by their ids."""
        jobs = self._table.get_many([entry["job_id"] for entry in entries])
        return {job.job_id: job for job in jobs}

    @property
    def most_looked_at(self) -> int:
        """As many jobs as one page of a search looks at."""
        return self._most


class _Walk:
    """From a place on through an index, until a page is full."""

    def __init__(
        self,
        finder: DynamoJobFinder,
        listed: _List,
        query: JobQuery,
        place: Place | None,
        limit: int,
    ) -> None:
        self._finder = finder
        self._list = listed
        self._query = query
        self._place = place
        self._limit = limit
        self._backward = place is not None and place.backward
        self._found: list[tuple[Entry, Job]] = []
        self._last: Entry | None = None
        """Of those looked at, where the search stopped before its end."""

    def page(self) -> FoundJobs:
        self._go()
        full = len(self._found) > self._limit
        shown = self._found[: self._limit]
        on = shown[-1][0] if full else self._last
        ahead = self._list.place(on, backward=self._backward) if on else None
        behind = None
        if self._place is not None and shown:
            behind = self._list.place(shown[0][0], backward=not self._backward)
        searched_to = self._last.get("submit_time") if self._last and not full else None
        jobs = [job for _, job in shown]
        if self._backward:
            return FoundJobs(jobs[::-1], behind, ahead, searched_to)
        return FoundJobs(jobs, ahead, behind, searched_to)

    def _go(self) -> None:
        looked = 0
        searching = bool(self._query.text) and not self._query.by_name
        most = self._finder.most_looked_at
        at_once = min(_FIRST, most) if searching else min(self._limit + 1, _BATCH)
        descending = self._query.newest_first is not self._query.by_name
        walk = self._finder.entries(
            self._list,
            descending=descending is not self._backward,
            at_once=at_once,
            place=self._place,
            most=most,
        )
        for entries, ended in walk:
            looked += len(entries)
            self._take(entries, searching)
            if len(self._found) > self._limit or ended:
                return
            if entries and looked >= most:
                self._last = entries[-1]
                return

    def _take(self, entries: Sequence[Entry], searching: bool) -> None:
        """Keep those that are wanted, until there is one more than a page takes."""
        if searching:
            names = self._query.names
            entries = [each for each in entries if names(each["job_id"], each["input_file_name"])]
        size = min(_BATCH, self._limit + 1)
        for start in range(0, len(entries), size):
            batch = entries[start : start + size]
            jobs = self._finder.read(batch)
            for entry in batch:
                job = jobs.get(entry["job_id"])
                if job is not None and self._query.wants(job):
                    self._found.append((entry, job))
                if len(self._found) > self._limit:
                    return


def _entry(item: Mapping[str, Any]) -> Entry:
    """What these indexes hold: texts and whole numbers. There may be thousands at once."""
    return {
        name: int(value["N"]) if "N" in value else value.get("S") for name, value in item.items()
    }


def _list_of(query: JobQuery) -> _List:
    values: dict[str, Any]
    if query.by_name:
        values = {":partition": query.user_id, ":from": name_key(query.text)}
        return _List("user_names", "user_id", "name_key", values, "begins_with(#sort, :from)")
    index, partition, owner = "user_search", "user_id", query.user_id
    if query.state is not None:
        index, partition = "user_states", "user_state"
        owner = state_key(query.user_id, query.state)
    values = {":partition": owner, ":from": query.since, ":to": query.until}
    return _List(index, partition, "submit_time", values, "#sort BETWEEN :from AND :to")
