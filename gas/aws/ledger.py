"""The ledger of results on DynamoDB: indexes `user_archives` and `sweeps` of the jobs table."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from gas.aws.items import SET_SWEEP, Index, JobTable, sweep_values
from gas.jobs import ArchivedFile, Job, ResultsState, SpentArchive, StartedRetrieval
from gas.ledger import SWEEP_DUE, SWEEP_LEASE, SWEEP_RETRIEVAL, SWEEP_SETTLED
from gas.ports import JobPage

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

USER_ARCHIVES = Index("user_archives", "archive_user_id", "archived_at")
SWEEPS = Index("sweeps", "sweep_shard", "sweep_at")

_OUT_OF_THE_INDEX = "archive_user_id, archived_at, results_file_archive_id"
_NOTHING_SPENT = "(attribute_not_exists(spent_archives) OR size(spent_archives) = :none)"


class DynamoLedger:
    """`gas.ledger.ResultsLedger` on the table of the jobs."""

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._table = JobTable(client, table)

    def begin_archiving(
        self, job_id: str, *, owner: str, now: int, lease_seconds: int
    ) -> Job | None:
        until = now + lease_seconds
        return self._table.update(
            job_id,
            "SET results_state = :archiving, archive_owner = :owner, archive_lease_until = :until,"
            " archive_user_id = user_id, archived_at = if_not_exists(archived_at, :now),"
            f" {SET_SWEEP}",
            f"(results_state = :available AND {_NOTHING_SPENT})"
            " OR (results_state = :archiving AND archive_lease_until < :now)",
            {
                ":archiving": ResultsState.ARCHIVING,
                ":available": ResultsState.AVAILABLE,
                ":owner": owner,
                ":until": until,
                ":now": now,
                ":none": 0,
                **sweep_values(job_id, until + SWEEP_LEASE),
            },
        )

    def renew_archiving(self, job_id: str, *, owner: str, until: int) -> bool:
        job = self._update_held(
            job_id,
            owner,
            f"SET archive_lease_until = :until, {SET_SWEEP}",
            {":until": until, **sweep_values(job_id, until + SWEEP_LEASE)},
        )
        return job is not None

    def release_archiving(self, job_id: str, *, owner: str, now: int) -> bool:
        job = self._update_held(
            job_id,
            owner,
            f"SET archive_lease_until = :past, {SET_SWEEP} REMOVE archive_owner",
            {":past": now - 1, **sweep_values(job_id, now + SWEEP_LEASE)},
        )
        return job is not None

    def record_archives(
        self, job_id: str, *, owner: str, archives: Mapping[str, ArchivedFile]
    ) -> Job | None:
        changes = "SET archives = :archives"
        values: dict[str, Any] = {
            ":archives": {
                name: file.model_dump(mode="json", exclude_none=True)
                for name, file in archives.items()
            }
        }
        if "annotated" in archives:
            changes += ", results_file_archive_id = :annotated"
            values[":annotated"] = archives["annotated"].archive_id
        return self._update_held(job_id, owner, changes, values)

    def finish_archiving(self, job_id: str, *, owner: str, now: int) -> Job | None:
        return self._update_held(
            job_id,
            owner,
            f"SET results_state = :archived, {SET_SWEEP} REMOVE archive_owner",
            {":archived": ResultsState.ARCHIVED, **sweep_values(job_id, now + SWEEP_SETTLED)},
        )

    def abandon_archiving(self, job_id: str, *, owner: str, now: int) -> Job | None:
        # Only the owner changes what is recorded, so what is read here is what the write finds.
        job = self._table.get(job_id)
        if job is None:
            return None
        return self._update_held(
            job_id,
            owner,
            "SET results_state = :available, archives = :nothing, spent_archives = :spent,"
            f" {SET_SWEEP} REMOVE archive_owner, {_OUT_OF_THE_INDEX}",
            {
                ":available": ResultsState.AVAILABLE,
                ":nothing": {},
                ":spent": _dumped(job.archives_as_spent),
                **sweep_values(job_id, now + SWEEP_DUE),
            },
        )

    def begin_restoring(
        self, job_id: str, *, now: int, retrievals: Mapping[str, StartedRetrieval]
    ) -> Job | None:
        files = _Files(retrievals)
        changes = [f"archives.{files[name]}.retrieval = {files.value(name)}" for name in retrievals]
        conditions = [f"attribute_exists(archives.{files[name]})" for name in retrievals]
        overdue = max([now, *(each.expected_at for each in retrievals.values())]) + SWEEP_RETRIEVAL
        return self._table.update(
            job_id,
            f"SET {', '.join(['results_state = :restoring', SET_SWEEP, *changes])}",
            " AND ".join(["results_state = :archived", "size(archives) = :count", *conditions]),
            {
                ":archived": ResultsState.ARCHIVED,
                ":restoring": ResultsState.RESTORING,
                ":count": len(retrievals),
                **{files.value(name): _dump(each) for name, each in retrievals.items()},
                **sweep_values(job_id, overdue),
            },
            names=files.names,
        )

    def replace_retrieval(
        self, job_id: str, *, file: str, archive_id: str, retrieval: StartedRetrieval, now: int
    ) -> Job | None:
        overdue = max(now, retrieval.expected_at) + SWEEP_RETRIEVAL
        return self._update_file(
            job_id,
            file,
            archive_id,
            f"SET archives.#file.retrieval = :retrieval, {SET_SWEEP}",
            {":retrieval": _dump(retrieval), **sweep_values(job_id, overdue)},
            condition=" AND attribute_not_exists(archives.#file.back_at)",
        )

    def mark_file_back(self, job_id: str, *, file: str, archive_id: str, now: int) -> Job | None:
        return self._update_file(
            job_id,
            file,
            archive_id,
            "SET archives.#file.back_at = if_not_exists(archives.#file.back_at, :now)",
            {":now": now},
        )

    def finish_restoring(self, job_id: str, *, now: int) -> Job | None:
        job = self._table.get(job_id)
        if job is None or any(file.back_at is None for file in job.archives.values()):
            return None
        # Between these two the job may have been archived anew: then the archives are others.
        files = _Files(job.archives)
        same = [f"archives.{files[name]}.archive_id = {files.value(name)}" for name in job.archives]
        return self._table.update(
            job_id,
            "SET results_state = :available, archives = :nothing, spent_archives = :spent,"
            f" restored_at = :now, {SET_SWEEP} REMOVE {_OUT_OF_THE_INDEX}",
            " AND ".join(["results_state = :restoring", *same]),
            {
                ":available": ResultsState.AVAILABLE,
                ":restoring": ResultsState.RESTORING,
                ":nothing": {},
                ":spent": _dumped(job.archives_as_spent),
                ":now": now,
                **{files.value(name): file.archive_id for name, file in job.archives.items()},
                **sweep_values(job_id, now + SWEEP_DUE),
            },
            names=files.names,
        )

    def forget_spent(self, job_id: str, *, spent: Sequence[SpentArchive]) -> None:
        while True:
            job = self._table.get(job_id)
            if job is None or not set(job.spent_archives) & set(spent):
                return
            left = [each for each in job.spent_archives if each not in set(spent)]
            if self._table.update(
                job_id,
                "SET spent_archives = :left",
                "spent_archives = :seen",
                {":left": _dumped(left), ":seen": _dumped(job.spent_archives)},
            ):
                return

    def list_cold(self, user_id: str, *, limit: int, cursor: str | None = None) -> JobPage:
        return self._table.page(
            USER_ARCHIVES, user_id, newest_first=False, limit=limit, cursor=cursor
        )

    def due_for_sweep(self, shard: str, *, now: int, limit: int) -> Sequence[Job]:
        return self._table.up_to(SWEEPS, shard, last=now, limit=limit)

    def sweep_again(self, job_id: str, *, seen: int, at: int | None) -> bool:
        shares = self._table.shares
        if at is None and not shares.settle(shares.read(job_id)):
            return False
        changes = "REMOVE sweep_shard, sweep_at" if at is None else f"SET {SET_SWEEP}"
        values = {} if at is None else sweep_values(job_id, at)
        job = self._table.update(job_id, changes, "sweep_at = :seen", {**values, ":seen": seen})
        return job is not None

    def _update_held(
        self, job_id: str, owner: str, changes: str, values: Mapping[str, Any]
    ) -> Job | None:
        return self._table.update(
            job_id,
            changes,
            "results_state = :held AND archive_owner = :holder",
            {**values, ":held": ResultsState.ARCHIVING, ":holder": owner},
        )

    def _update_file(
        self,
        job_id: str,
        file: str,
        archive_id: str,
        changes: str,
        values: Mapping[str, Any],
        *,
        condition: str = "",
    ) -> Job | None:
        return self._table.update(
            job_id,
            changes,
            f"results_state = :restoring AND archives.#file.archive_id = :archive{condition}",
            {**values, ":restoring": ResultsState.RESTORING, ":archive": archive_id},
            names={"#file": file},
        )


class _Files:
    """Placeholders for file names: `table`, for one, is a word that DynamoDB reserves."""

    def __init__(self, files: Mapping[str, object]) -> None:
        self.names = {f"#file{number}": name for number, name in enumerate(files)}
        self._placeholders = {name: placeholder for placeholder, name in self.names.items()}

    def __getitem__(self, name: str) -> str:
        return self._placeholders[name]

    def value(self, name: str) -> str:
        """The placeholder of a value that belongs to the file."""
        return f":of_{self._placeholders[name][1:]}"


def _dump(record: StartedRetrieval | SpentArchive) -> dict[str, Any]:
    return record.model_dump(mode="json", exclude_none=True)


def _dumped(spent: Sequence[SpentArchive]) -> list[dict[str, Any]]:
    return [_dump(each) for each in spent]
