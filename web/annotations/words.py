"""Words for what a job is recorded with: one sentence of help for each state, and the packs."""

from collections.abc import Mapping

from gas.jobs import JobStatus

HELP: Mapping[JobStatus, str] = {
    JobStatus.PENDING: "In the queue. It starts by itself as soon as a worker is free.",
    JobStatus.RUNNING: "Being annotated now. You may close this page: we send you a mail.",
    JobStatus.COMPLETED: "Done. Every record of your file is accounted for below.",
    JobStatus.FAILED: "It could not be annotated. The cause and what to do about it are below.",
    JobStatus.CANCELLED: "It was cancelled and will not run.",
}

PACKS: Mapping[str, str] = {
    "demo": "human GRCh37, demo pack (chromosome 20, X up to 70 Mb, Y, MT)",
}


def pack_name(pack: str) -> str:
    """What a reference pack covers; its own name when we have no words for it."""
    return PACKS.get(pack, pack)
