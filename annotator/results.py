"""Putting what the engine wrote into the results bucket."""

import hashlib
from pathlib import Path

from annotator.engine import EngineOutput
from gas import keys
from gas.jobs import Failure, Job, Results, StoredFile
from gas.ports import BlobStore

PARQUET = "application/vnd.apache.parquet"
BINARY = "application/octet-stream"


class ResultsWriter:
    """Stores the files of a job under its keys. Storing twice leaves one set of files."""

    def __init__(self, bucket: BlobStore, *, key_prefix: str) -> None:
        self._bucket = bucket
        self._key_prefix = key_prefix

    def store(self, job: Job, output: EngineOutput) -> Results:
        """Upload everything; returns when all of it is durable."""
        return Results(
            bucket=self._bucket.bucket,
            annotated=self._store_file(job, output.annotated, "application/gzip"),
            log=self.store_log(job, output.log),
            summary=self._store_file(job, output.summary, "application/json"),
            receipt=self._store_file(job, output.receipt, "application/json"),
            table=self._store_file(job, output.table, PARQUET),
            index=self._store_file(job, output.index, BINARY) if output.index else None,
            signed_by=output.signed_by,
            input_blake3=output.input_blake3,
            pack_id=output.pack_id,
            engine=output.engine,
            records_in=output.records_in,
            records_annotated=output.records_annotated,
            skipped=output.skipped,
        )

    def store_log(self, job: Job, path: Path) -> StoredFile:
        """Upload the log alone: what a failed job leaves."""
        return self._store_file(job, path, "text/plain; charset=utf-8")

    def _store_file(self, job: Job, path: Path, content_type: str) -> StoredFile:
        name = keys.stored_name(job.input_file_name, path.name)
        key = keys.build_key(self._key_prefix, job.user_id, job.job_id, name)
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        self._bucket.upload(path, key, content_type=content_type)
        return StoredFile(key=key, name=name, size=path.stat().st_size, sha256=digest)


def write_failure_log(folder: Path, job: Job, failure: Failure) -> Path:
    """The log of a job for which the engine could not write one."""
    path = folder / f"{keys.own_stem(job.input_file_name)}.vcf.count.log"
    lines = [
        f"File:        {job.input_file_name}",
        f"Job:         {job.job_id}",
        "Result:      not annotated",
        f"Cause:       {failure.message}",
    ]
    if failure.line is not None:
        lines.append(f"Where:       line {failure.line}")
    lines.append(f"What to do:  {failure.remedy}")
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path
