"""`gas annotate`."""

from __future__ import annotations

import contextlib
import shutil
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from gas_client.cli import context, exits
from gas_client.cli.batch import Batch, Item, Wish
from gas_client.cli.context import Json, edge
from gas_client.cli.files import Kinds
from gas_client.cli.output import (
    bars,
    clean,
    note,
    print_error,
    print_json,
    print_table,
    status_text,
    when,
)
from gas_client.errors import JobFailed, Mistake
from gas_client.models import Job, Options
from gas_client.sync import Gas

Rename = Annotated[
    list[str] | None,
    typer.Option("--rename", metavar="A=B", help="Read the contig A as the pack's contig B."),
]
Pack = Annotated[str | None, typer.Option(help="The reference pack (gas packs).")]
Format = Annotated[
    str,
    typer.Option(help="What the annotated VCF holds: csq (VEP), ann (SnpEff), bcsq or classic."),
]
Transcripts = Annotated[
    str, typer.Option(help="Of each allele, in the annotated VCF: all transcripts, or picked.")
]
Timeout = Annotated[
    float | None,
    typer.Option(min=0, metavar="SECONDS", help="Give up waiting; the jobs go on. Exit code 5."),
]
Strict = Annotated[bool, typer.Option("--strict", help="Refuse a file with a faulty record.")]


@edge
def annotate(
    files: Annotated[list[str], typer.Argument(metavar="FILE", help="- is standard input.")],
    wait: Annotated[bool, typer.Option("--wait", help="Stay until the jobs have ended.")] = False,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", metavar="DIR", help="Get the results; implies --wait."),
    ] = None,
    kinds: Kinds = None,
    pack: Pack = None,
    strict: Strict = False,
    rename: Rename = None,
    format: Format = "csq",
    transcripts: Transcripts = "all",
    name: Annotated[str | None, typer.Option(help="The name of what comes by -.")] = None,
    again: Annotated[
        bool, typer.Option("--again", help="Annotate anew what was annotated before.")
    ] = False,
    timeout: Timeout = None,
    parallel: Annotated[int, typer.Option(min=1, max=16, help="Files sent at once.")] = 4,
    json_: Json = False,
) -> None:
    """Send files and have them annotated.

    With - and --wait, and without -o, the annotated file goes to standard output. What is asked
    for with --json comes as a line for each file as soon as it is done.
    """
    options = options_of(pack, strict, rename, format, transcripts)
    to_stdout = files == ["-"] and output is None and wait and not json_
    with context.open_gas() as gas, contextlib.ExitStack() as stack:
        items = _items(files, name, stack)
        if to_stdout:
            _through(gas, items[0], options, kinds, again=again, timeout=timeout)
            return
        waits = wait or output is not None
        wish = Wish(options, waits, output, kinds, parallel, again, timeout)
        with bars() as shown:
            worst = _report(Batch(gas, wish, shown).run(items), json_=json_)
    if worst:
        raise typer.Exit(worst)


def options_of(
    pack: str | None,
    strict: bool,
    rename: Sequence[str] | None,
    format: str = "csq",
    transcripts: str = "all",
) -> Options:
    """The options as they were written.

    Raises:
        Mistake: a renaming is not of the form A=B.
    """
    names: dict[str, str] = {}
    for each in rename or ():
        old, equals, new = each.partition("=")
        if not (old and equals and new):
            raise Mistake(f"--rename {each}: not of the form A=B.", remedy="Such as: chrM=MT")
        names[old] = new
    return Options(pack, strict, names, format, transcripts)


def _items(files: Sequence[str], name: str | None, stack: contextlib.ExitStack) -> list[Item]:
    if files.count("-") > 1 or (len(set(files)) < len(files)):
        raise Mistake("A file is named twice.", remedy="Name each file once.")
    items: list[Item] = []
    for each in files:
        if each == "-":
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="gas-")))
            path = _kept_input(folder)
            items.append(Item(path, name or path.name))
            continue
        path = Path(each)
        if not path.is_file():
            raise Mistake(f"{each}: there is no such file.", remedy="Check the file's name.")
        items.append(Item(path, path.name))
    return items


def _kept_input(folder: Path) -> Path:
    """Standard input as a file: its size must be known before it is sent."""
    path = folder / "stdin"
    with path.open("wb") as file:
        shutil.copyfileobj(sys.stdin.buffer, file)
    with path.open("rb") as file:
        compressed = file.read(2) == b"\x1f\x8b"
    return path.rename(folder / ("stdin.vcf.gz" if compressed else "stdin.vcf"))


def _through(
    gas: Gas,
    item: Item,
    options: Options,
    kinds: Sequence[str] | None,
    *,
    again: bool,
    timeout: float | None,
) -> None:
    """From standard input to standard output, where nothing goes that was not checked."""
    if kinds and (len(kinds) > 1 or "all" in kinds):
        raise Mistake("Standard output takes one file.", remedy="Name a folder with -o.")
    job = None if again else gas.earlier(item.path, options)
    if job is None:
        job = gas.annotate(item.path, options, name=item.name, wait=True, timeout=timeout)
    else:
        note(_earlier_words(item.name, job))
    if not job.is_completed:
        raise JobFailed(job)
    with tempfile.TemporaryDirectory(prefix="gas-") as folder:
        found = gas.download(job.job_id, kinds[0] if kinds else "annotated", folder)
        with found.open("rb") as file:
            shutil.copyfileobj(file, sys.stdout.buffer)
        sys.stdout.buffer.flush()


def _report(items: Iterator[Item], *, json_: bool) -> int:
    worst = exits.DONE
    told: set[int] = set()
    for item in items:
        if item.error is not None:
            code = exits.exit_code(item.error)
            worst = code if worst in (exits.DONE, exits.FAILED) else worst
        if json_:
            print_json(_document(item))
            continue
        if item.is_earlier and item.job is not None:
            note(_earlier_words(item.name, item.job))
        if item.job is not None:
            row = (item.job.job_id, status_text(item.job.status), item.name)
            print_table([""] * 9, [(*row, *map(str, item.files))])
        if item.error is not None and id(item.error) not in told:
            told.add(id(item.error))  # one error may stand for many files
            print_error(item.error, as_json=False)
    return worst


def _earlier_words(name: str, job: Job) -> str:
    return (
        f"{clean(name)} was annotated before, {when(job.finished_at)}, by the same pack with the "
        "same options; nothing was sent. To have it done anew: --again"
    )


def _document(item: Item) -> dict[str, Any]:
    error = item.error
    return {
        "file": str(item.path) if item.path.name == item.name else item.name,
        "job": item.job,
        "earlier": item.is_earlier,
        "files": [str(path) for path in item.files],
        "error": error and {"code": error.code, "message": error.message, "remedy": error.remedy},
    }
