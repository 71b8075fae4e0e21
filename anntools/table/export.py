"""A table in another format: the same rows and the same values, in flat memory."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, TYPE_CHECKING, Final, Literal

from anntools.problems import UsageProblem
from anntools.table.reading import Counts, counted, open_table
from anntools.table.samples import sample_names, with_names
from anntools.table.text import json_lines, tsv_head, tsv_lines, tsv_transcript_lines

if TYPE_CHECKING:
    import pyarrow as pa
    import pyarrow.parquet as pq

_BATCH: Final = 8192  # rows at a time; with all transcripts some tens of megabytes
FORMATS: Final = (".tsv", ".jsonl", ".xlsx")


def export(
    table: str | Path, output: str | Path, per: Literal["allele", "transcript"] = "allele"
) -> Counts:
    """Write a table as TSV, JSON lines or a workbook, as the suffix of ``output`` says.

    ``-`` is TSV on standard output. ``per``: see ``text.tsv_lines``. The file appears when all is
    done. Raises UsageProblem for another suffix, InputRefused for a file that is no table.
    """
    opened = open_table(table)
    counts = counted(table)
    suffix = ".tsv" if output == "-" else Path(output).suffix.lower()
    if suffix not in FORMATS:
        raise UsageProblem(f"The suffix of '{output}' is none of {', '.join(FORMATS)}.")
    if per == "transcript" and suffix != ".tsv":
        raise UsageProblem("--per transcript is for TSV; the others hold both kinds of rows.")
    if output == "-":
        _write_text(opened, sys.stdout.buffer, suffix, per)
        return counts
    with _appearing(Path(output)) as part:
        if suffix == ".xlsx":
            from anntools.table.workbook import write_workbook

            write_workbook(opened, part)
        else:
            with part.open("wb") as handle:
                _write_text(opened, handle, suffix, per)
    return counts


def _write_text(table: pq.ParquetFile, handle: IO[bytes], suffix: str, per: str) -> None:
    names = table.schema_arrow.names
    lines: Callable[[pa.RecordBatch], memoryview]
    if suffix == ".jsonl":
        lines = json_lines
    else:
        handle.write(tsv_head(names, per))
        lines = tsv_lines if per == "allele" else tsv_transcript_lines
    samples = sample_names(table.schema_arrow)
    for batch in table.iter_batches(_BATCH):
        handle.write(lines(with_names(batch, samples)))


@contextmanager
def _appearing(target: Path) -> Iterator[Path]:
    """A part file that takes its name when all went well, and is removed when not."""
    part = target.with_name(f"{target.name}.{os.getpid()}.part")
    try:
        yield part
        part.replace(target)
    finally:
        with suppress(FileNotFoundError):
            part.unlink()
