"""What is printed: results on standard output, everything else on standard error.

Colour, tables and bars are for terminals; elsewhere fields are separated by tabs.
"""

from __future__ import annotations

import contextlib
import json
import sys
from collections.abc import Iterator, Sequence
from datetime import datetime, timezone
from typing import Any

from rich.console import Console
from rich.progress import (
    BarColumn,
    DownloadColumn,
    Progress,
    Task,
    TextColumn,
    TimeRemainingColumn,
)
from rich.table import Table
from rich.text import Text

from gas_client.errors import ApiError, GasError
from gas_client.models import Job
from gas_client.reading import write

STYLES = {
    "PENDING": "yellow",
    "RUNNING": "cyan",
    "COMPLETED": "green",
    "FAILED": "red",
    "CANCELLED": "dim",
}
LONGEST_NAME = 48


def err() -> Console:
    return Console(stderr=True, highlight=False, soft_wrap=True)


def out() -> Console:
    return Console(highlight=False, soft_wrap=True)


def print_json(found: Any) -> None:
    """One JSON document on one line."""
    sys.stdout.write(json.dumps(write(found), ensure_ascii=False) + "\n")
    sys.stdout.flush()


def print_text(text: str) -> None:
    """Text as it is, but for what would play tricks with a terminal."""
    if sys.stdout.isatty():
        text = "".join(c if c.isprintable() or c in "\n\t" else "�" for c in text)
    sys.stdout.write(text if text.endswith("\n") or not text else text + "\n")


def print_table(headings: Sequence[str], rows: Sequence[Sequence[str | Text]]) -> None:
    """A table for people, or lines with tabs for programs."""
    console = out()
    if not console.is_terminal:
        for row in rows:
            line = "\t".join(" ".join(str(cell).split()) for cell in row)
            sys.stdout.write(line + "\n")
        return
    table = Table(
        box=None,
        pad_edge=False,
        padding=(0, 2, 0, 0),
        header_style="bold",
        show_header=any(headings),
    )
    for heading in headings:
        table.add_column(heading, overflow="fold")
    for row in rows:
        table.add_row(*(c if isinstance(c, Text) else Text(clean(c)) for c in row))
    Console(highlight=False).print(table)


def print_error(error: GasError, *, as_json: bool) -> None:
    """What went wrong and what to do about it, on standard error."""
    if as_json:
        told: dict[str, Any] = {
            "code": error.code,
            "message": error.message,
            "remedy": error.remedy,
        }
        told |= {"retryable": error.retryable}
        if isinstance(error, ApiError):
            told |= {"status": error.status, "request_id": error.request_id}
        sys.stderr.write(json.dumps({"error": told}, ensure_ascii=False) + "\n")
        sys.stderr.flush()
        return
    console = err()
    console.print(Text.assemble(("Error: ", "bold red"), clean(error.message)))
    if error.remedy:
        console.print(Text(f"       {clean(error.remedy)}"))
    if isinstance(error, ApiError) and error.upgrade:
        console.print(Text(f"       Premium: {clean(error.upgrade)}"))
    if isinstance(error, ApiError) and error.request_id and error.status >= 500:
        console.print(Text(f"       Request id: {clean(error.request_id)}", style="dim"))


def note(text: str) -> None:
    """A word to the person, on standard error."""
    err().print(Text(clean(text)))


def clean(text: str) -> str:
    """Without characters that a terminal would obey."""
    return "".join(c if c.isprintable() or c == "\n" else "�" for c in str(text))


def status_text(status: str) -> Text:
    return Text(status, style=STYLES.get(status, ""))


def job_row(job: Job) -> Sequence[str | Text]:
    return (
        job.job_id,
        status_text(job.status),
        short(clean(job.file_name)),
        size_text(job.size),
        when(job.submitted_at),
    )


JOB_HEADINGS = ("Job", "Status", "File", "Size", "Submitted")


def print_job(job: Job) -> None:
    """One job in full."""
    rows: list[tuple[str, str | Text]] = [
        ("Job", job.job_id),
        ("File", job.file_name),
        ("Size", size_text(job.size)),
        ("Status", status_text(job.status)),
        ("Submitted", when(job.submitted_at)),
        ("Finished", when(job.finished_at)),
        ("Pack", job.options.pack or ""),
        ("Written as", f"{job.options.format}, {job.options.transcripts} transcripts"),
    ]
    if job.status == "RUNNING":
        rows.append(("Progress", f"{job.progress.percent:.0f} %"))
    if job.seconds_to_end is not None:
        rows.append(("Ready in about", f"{job.seconds_to_end} s"))
    if job.receipt is not None:
        done, given = job.receipt.records_annotated, job.receipt.records_in
        rows.append(("Annotated", f"{done:,} of {given:,} records"))
    if job.failure is not None:
        where = f" (line {job.failure.line})" if job.failure.line else ""
        rows += [("Why", job.failure.message + where), ("What to do", job.failure.remedy)]
    rows.append(("Results", job.results.situation))
    rows += [("", f"{f.kind}: {f.name}, {size_text(f.size)}") for f in job.results.files]
    print_table(("", ""), rows)


def size_text(size: int) -> str:
    number, unit = float(size), "B"
    for unit in ("B", "KiB", "MiB", "GiB", "TiB"):
        if number < 1024 or unit == "TiB":
            break
        number /= 1024
    return f"{number:.0f} {unit}" if unit == "B" or number >= 100 else f"{number:.1f} {unit}"


def when(moment: datetime | None) -> str:
    return moment.astimezone(timezone.utc).strftime("%Y-%m-%d %H:%M:%S UTC") if moment else ""


def short(name: str) -> str:
    half = LONGEST_NAME // 2
    return name if len(name) <= LONGEST_NAME else f"{name[: half - 1]}…{name[-half:]}"


class _Bytes(DownloadColumn):
    """Nothing while it is not known of how many, as of jobs that are waited for."""

    def render(self, task: Task) -> Text:
        return Text("") if task.total is None else super().render(task)


@contextlib.contextmanager
def bars() -> Iterator[Progress]:
    """Bars on standard error; nothing at all where that is no terminal."""
    console = err()
    progress = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        _Bytes(binary_units=True),
        TimeRemainingColumn(),
        console=console,
        transient=True,
        disable=not console.is_terminal,
    )
    if not console.is_terminal:  # where a Progress that ends writes an empty line
        yield progress
        return
    with progress:
        yield progress
