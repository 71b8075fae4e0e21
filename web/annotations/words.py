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

#: The files beside the annotated one: what each is called, and what it is good for.
COMPANIONS: Mapping[str, tuple[str, str]] = {
    "table": (
        "Table (Parquet)",
        "The same annotations with typed columns, one row per alternate allele: for pandas, R, "
        "DuckDB and Spark, which read Parquet as it is. "
        "`anntools export` makes Excel, TSV or JSON of it.",
    ),
    "index": (
        "Index",
        "For genome browsers, tabix and bcftools. Keep it beside the annotated file.",
    ),
    "summary": (
        "Summary (JSON)",
        "Counts by consequence, impact, gene and place: what a chart or a script needs.",
    ),
    "receipt": (
        "Receipt (JSON)",
        "Checksums and counts of everything here, signed. With the files beside it, "
        "`anntools verify` shows that nothing was lost or changed, without any network.",
    ),
    "log": ("Log", "The same counts for reading, and each record that was at fault."),
}

PACKS: Mapping[str, str] = {
    "demo": "human GRCh37, demo pack (chromosome 20, X up to 70 Mb, Y, MT)",
}


def pack_name(pack: str) -> str:
    """What a reference pack covers; its own name when we have no words for it."""
    return PACKS.get(pack, pack)
