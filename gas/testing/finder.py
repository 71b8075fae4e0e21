"""Lists and sums of jobs, on the jobs of a `MemoryJobStore`."""

from collections import Counter

from gas.jobs import Job
from gas.listing import MOST_LOOKED_AT, FoundJobs, JobQuery, Place, name_key
from gas.testing.jobs import MemoryJobStore
from gas.usage import Usage, share_of, usage_of


class MemoryJobFinder:
    """`gas.listing.JobFinder` without a database."""

    def __init__(self, jobs: MemoryJobStore, *, most_looked_at: int = MOST_LOOKED_AT) -> None:
        self._jobs = jobs
        self._most = most_looked_at

    def find(self, query: JobQuery, *, limit: int, cursor: str | None = None) -> FoundJobs:
        if query.whole_id is not None:
            job = self._jobs.get(query.whole_id)
            return FoundJobs([job] if job is not None and query.wants(job) else [])
        place = Place.read(cursor, query) if cursor else None
        backward = place is not None and place.backward
        listed = self._listed(query, place, backward=backward)
        looked_at = listed[: self._most]
        found = [job for job in looked_at if _matches(job, query)]
        shown, full = found[:limit], len(found) > limit
        stopped = looked_at[-1] if len(listed) > len(looked_at) and not full else None
        on = shown[-1] if full else stopped
        ahead = str(Place(on.job_id, _sort(on, query), backward)) if on else None
        behind = None
        if place is not None and shown:
            behind = str(Place(shown[0].job_id, _sort(shown[0], query), not backward))
        searched_to = stopped.submit_time if stopped and not query.by_name else None
        if backward:
            return FoundJobs(shown[::-1], behind, ahead, searched_to)
        return FoundJobs(shown, ahead, behind, searched_to)

    def usage(self, user_id: str) -> Usage:
        sums: Counter[str] = Counter()
        for job in self._jobs.table:
            if job.user_id == user_id:
                sums.update(share_of(job))
        return usage_of(sums, complete=True)

    def _listed(self, query: JobQuery, place: Place | None, *, backward: bool) -> list[Job]:
        """What the index that answers the question holds behind `place`, in its order."""
        jobs = [job for job in self._jobs.table if _is_listed(job, query)]
        descending = (query.newest_first is not query.by_name) is not backward
        jobs.sort(key=lambda job: (_sort(job, query), job.job_id), reverse=descending)
        if place is None:
            return jobs
        at = (place.sort, place.job_id)

        def behind(job: Job) -> bool:
            key = (_sort(job, query), job.job_id)
            return key < at if descending else key > at

        return [job for job in jobs if behind(job)]


def _is_listed(job: Job, query: JobQuery) -> bool:
    if query.by_name:
        begins = name_key(job.input_file_name).startswith(name_key(query.text))
        return job.user_id == query.user_id and begins
    return query.wants(job)


def _matches(job: Job, query: JobQuery) -> bool:
    return query.wants(job) and (query.by_name or query.names(job.job_id, job.input_file_name))


def _sort(job: Job, query: JobQuery) -> int | str:
    return name_key(job.input_file_name) if query.by_name else job.submit_time
