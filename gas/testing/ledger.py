"""The ledger of results, on the jobs of a `MemoryJobStore`."""

from collections.abc import Callable, Mapping, Sequence

from gas.jobs import ArchivedFile, Job, ResultsState, SpentArchive, StartedRetrieval
from gas.ledger import SWEEP_DUE, SWEEP_LEASE, SWEEP_RETRIEVAL, SWEEP_SETTLED
from gas.ports import JobPage
from gas.testing.jobs import MemoryJobStore, page_of, swept

_OUT_OF_THE_INDEX: Mapping[str, object] = {
    "archive_user_id": None,
    "archived_at": None,
    "results_file_archive_id": None,
}


class MemoryLedger:
    """`gas.ledger.ResultsLedger` without a database; it sees the jobs of `jobs`."""

    def __init__(self, jobs: MemoryJobStore) -> None:
        self._table = jobs.table

    def begin_archiving(
        self, job_id: str, *, owner: str, now: int, lease_seconds: int
    ) -> Job | None:
        until = now + lease_seconds

        def free(job: Job) -> bool:
            if job.results_state is ResultsState.ARCHIVING:
                return job.archive_lease_until < now
            return job.results_state is ResultsState.AVAILABLE and not job.spent_archives

        return self._table.change(
            job_id,
            free,
            lambda job: {
                "results_state": ResultsState.ARCHIVING,
                "archive_owner": owner,
                "archive_lease_until": until,
                "archive_user_id": job.user_id,
                "archived_at": now if job.archived_at is None else job.archived_at,
                **swept(job_id, until + SWEEP_LEASE),
            },
        )

    def renew_archiving(self, job_id: str, *, owner: str, until: int) -> bool:
        changes = {"archive_lease_until": until, **swept(job_id, until + SWEEP_LEASE)}
        return self._held(job_id, owner, lambda job: changes) is not None

    def release_archiving(self, job_id: str, *, owner: str, now: int) -> bool:
        changes = {
            "archive_owner": None,
            "archive_lease_until": now - 1,
            **swept(job_id, now + SWEEP_LEASE),
        }
        return self._held(job_id, owner, lambda job: changes) is not None

    def record_archives(
        self, job_id: str, *, owner: str, archives: Mapping[str, ArchivedFile]
    ) -> Job | None:
        changes: dict[str, object] = {"archives": dict(archives)}
        if "annotated" in archives:
            changes["results_file_archive_id"] = archives["annotated"].archive_id
        return self._held(job_id, owner, lambda job: changes)

    def finish_archiving(self, job_id: str, *, owner: str, now: int) -> Job | None:
        changes = {
            "results_state": ResultsState.ARCHIVED,
            "archive_owner": None,
            **swept(job_id, now + SWEEP_SETTLED),
        }
        return self._held(job_id, owner, lambda job: changes)

    def abandon_archiving(self, job_id: str, *, owner: str, now: int) -> Job | None:
        return self._held(
            job_id,
            owner,
            lambda job: {
                "results_state": ResultsState.AVAILABLE,
                "archive_owner": None,
                "archives": {},
                "spent_archives": job.archives_as_spent,
                **_OUT_OF_THE_INDEX,
                **swept(job_id, now + SWEEP_DUE),
            },
        )

    def begin_restoring(
        self, job_id: str, *, now: int, retrievals: Mapping[str, StartedRetrieval]
    ) -> Job | None:
        overdue = max([now, *(each.expected_at for each in retrievals.values())]) + SWEEP_RETRIEVAL
        return self._table.change(
            job_id,
            lambda job: (
                job.results_state is ResultsState.ARCHIVED
                and bool(retrievals)
                and set(job.archives) == set(retrievals)
            ),
            lambda job: {
                "results_state": ResultsState.RESTORING,
                "archives": {
                    name: file.model_copy(update={"retrieval": retrievals[name]})
                    for name, file in job.archives.items()
                },
                **swept(job_id, overdue),
            },
        )

    def replace_retrieval(
        self, job_id: str, *, file: str, archive_id: str, retrieval: StartedRetrieval, now: int
    ) -> Job | None:
        overdue = max(now, retrieval.expected_at) + SWEEP_RETRIEVAL
        return self._table.change(
            job_id,
            lambda job: _waits_for(job, file, archive_id) and job.archives[file].back_at is None,
            lambda job: {
                "archives": _with(job, file, retrieval=retrieval),
                **swept(job_id, overdue),
            },
        )

    def mark_file_back(self, job_id: str, *, file: str, archive_id: str, now: int) -> Job | None:
        return self._table.change(
            job_id,
            lambda job: _waits_for(job, file, archive_id),
            lambda job: {"archives": _with(job, file, back_at=job.archives[file].back_at or now)},
        )

    def finish_restoring(self, job_id: str, *, now: int) -> Job | None:
        return self._table.change(
            job_id,
            lambda job: (
                job.results_state is ResultsState.RESTORING
                and all(file.back_at is not None for file in job.archives.values())
            ),
            lambda job: {
                "results_state": ResultsState.AVAILABLE,
                "archives": {},
                "spent_archives": job.archives_as_spent,
                "restored_at": now,
                **_OUT_OF_THE_INDEX,
                **swept(job_id, now + SWEEP_DUE),
            },
        )

    def forget_spent(self, job_id: str, *, spent: Sequence[SpentArchive]) -> None:
        self._table.change(
            job_id,
            lambda job: True,
            lambda job: {
                "spent_archives": tuple(each for each in job.spent_archives if each not in spent)
            },
        )

    def list_cold(self, user_id: str, *, limit: int, cursor: str | None = None) -> JobPage:
        cold = [job for job in self._table if job.archive_user_id == user_id]
        cold.sort(key=lambda job: (job.archived_at or 0, job.job_id))
        return page_of(cold, limit=limit, cursor=cursor)

    def due_for_sweep(self, shard: str, *, now: int, limit: int) -> Sequence[Job]:
        due = [
            (job.sweep_at, job.job_id, job)
            for job in self._table
            if job.sweep_shard == shard and job.sweep_at is not None and job.sweep_at <= now
        ]
        return [job for _, _, job in sorted(due, key=lambda each: each[:2])][:limit]

    def sweep_again(self, job_id: str, *, seen: int, at: int | None) -> bool:
        changes = {"sweep_shard": None, "sweep_at": None} if at is None else swept(job_id, at)
        changed = self._table.change(job_id, lambda job: job.sweep_at == seen, lambda job: changes)
        return changed is not None

    def _held(
        self, job_id: str, owner: str, changes: Callable[[Job], Mapping[str, object]]
    ) -> Job | None:
        return self._table.change(
            job_id,
            lambda job: job.results_state is ResultsState.ARCHIVING and job.archive_owner == owner,
            changes,
        )


def _waits_for(job: Job, file: str, archive_id: str) -> bool:
    """Whether the job is being restored, this archive among its files."""
    return (
        job.results_state is ResultsState.RESTORING
        and file in job.archives
        and job.archives[file].archive_id == archive_id
    )


def _with(job: Job, file: str, **changes: object) -> dict[str, ArchivedFile]:
    return {**job.archives, file: job.archives[file].model_copy(update=changes)}
