"""What a failed job can be tried again with: the repair that its cause suggests, ready to click."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from gas.errors import ServiceUnavailable
from gas.jobs import MOST_NAME_CHARS, MOST_NAMES, Failure, Job, JobOptions, JobStatus
from gas.reruns import is_copyable
from web.ports import Engine, PackAtHand
from web.preflight.naming import PackNames, plain_name

_OTHER_BUILD = frozenset({"reference_mismatch", "position_outside_contig"})
#: Nothing is wrong with the file, or it may not be: the same again may do.
_AS_IT_WAS = frozenset({"worker_died", "engine_crashed", "engine_setup", "time_limit"})


@dataclass(frozen=True)
class Repair:
    """One way to run a job again."""

    label: str
    """What the button says."""
    why: str
    """One sentence: what this does, and when it helps."""
    options: JobOptions


def repairs_of(job: Job, engine: Engine) -> Sequence[Repair]:
    """The repairs of a job that failed or was cancelled, the likeliest first.

    None if its file would have to be uploaded again.
    """
    if not is_copyable(job):
        return []
    if job.job_status is JobStatus.CANCELLED:
        return [Repair("Run it after all", "With the options it had.", job.options)]
    if job.failure is None:
        return []
    return list(_of_failure(job, job.failure, engine))


def _of_failure(job: Job, failure: Failure, engine: Engine) -> Iterator[Repair]:
    packs = _packs(engine)
    if failure.code == "unknown_contig":
        yield from _names(job, failure.found, packs)
        yield from _packs_with(job, failure.found, packs)
    elif failure.code in _OTHER_BUILD:
        yield from _other_builds(job, packs)
    if job.options.strict and failure.line is not None:
        yield Repair(
            "Try again without strict",
            "Records that break a rule are passed through unchanged and listed in the log, and "
            "all others are annotated.",
            job.options.model_copy(update={"strict": False}),
        )
    if failure.code in _AS_IT_WAS:
        yield Repair("Try again", "With the same file and the same options.", job.options)


def _names(job: Job, found: str, packs: Sequence[PackAtHand]) -> Iterator[Repair]:
    """The contigs are called otherwise in the file, all in the same manner."""
    pack = next((each for each in packs if each.name == job.options.pack), None)
    plain = plain_name(found)
    own = PackNames(pack).own(plain) if pack and plain else None
    if pack is None or own is None or found in job.options.contig_names:
        return
    names = {**job.options.contig_names, found: own}
    at = found.upper().rfind(plain)
    for contig in pack.contigs:
        if at >= 0 and _fit(names):
            alike = found[:at] + contig.name + found[at + len(plain) :]
            names.setdefault(alike, contig.name)
    while not _fit(names):
        names.popitem()
    yield Repair(
        f"Try again, reading {found} as {own}",
        "The contigs of the file are read under the names that the reference has; the file itself "
        "stays as it is.",
        job.options.model_copy(update={"contig_names": names}),
    )


def _fit(names: dict[str, str]) -> bool:
    letters = sum(map(len, (*names, *names.values())))
    return len(names) < MOST_NAMES and letters <= MOST_NAME_CHARS


def _packs_with(job: Job, contig: str, packs: Sequence[PackAtHand]) -> Iterator[Repair]:
    for pack in packs:
        if pack.name != job.options.pack and PackNames(pack).own(contig or "?"):
            yield _with_pack(job, pack, f"It knows the contig {contig}.")


def _other_builds(job: Job, packs: Sequence[PackAtHand]) -> Iterator[Repair]:
    used = next((each.assembly for each in packs if each.name == job.options.pack), "")
    for pack in packs:
        if pack.assembly and pack.assembly != used:
            yield _with_pack(job, pack, "If your file was made for this genome build.")


def _with_pack(job: Job, pack: PackAtHand, why: str) -> Repair:
    # Names that were given for one pack mean nothing in another.
    options = job.options.model_copy(update={"pack": pack.name, "contig_names": {}})
    build = f" ({pack.assembly})" if pack.assembly else ""
    return Repair(f"Try again with {pack.name}{build}", why, options)


def _packs(engine: Engine) -> Sequence[PackAtHand]:
    try:
        return engine.packs()
    except ServiceUnavailable:
        return ()  # the page is worth showing without what they would suggest
