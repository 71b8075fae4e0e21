"""``anntools annotate``."""

from __future__ import annotations

import os
import sys
from argparse import Namespace
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final

from anntools.commands.common import DONE, PACK_HELP, SKIPPED, Parser, need_folder, whole
from anntools.commands.renames import RENAME_HELP, read_renames
from anntools.problems import UsageProblem
from anntools.reporting import JsonProgress, WordProgress

if TYPE_CHECKING:
    from anntools.names import Outputs
    from anntools.receipt import Receipt

_LARGE: Final = 4 << 20  # bytes on disk; less is done before a second thread is there
_MOST_THREADS: Final = 4


def configure(parser: Parser) -> None:
    """Declare the options."""
    add = parser.add_argument
    add("input", metavar="INPUT", help="VCF, plain, gzip or BGZF, or BCF; - for standard input.")
    where = parser.add_argument_group("where results go")
    add = where.add_argument
    add("-o", "--output", metavar="FILE", help="Annotated VCF; - for standard output.")
    add("--output-dir", metavar="DIR", type=Path, help="Folder for NAME.annot.vcf.gz instead.")
    add("--name", default="", help="NAME in --output-dir (default: the input's).")
    add("--table", metavar="FILE", default="", help="Write a Parquet table as well.")
    add(
        "--level",
        type=whole(0, 9),
        metavar="0-9",
        help="Compression: 0 fastest, 9 smallest (default: 1).",
    )
    add("--index", action="store_true", help="Index the compressed output (.tbi or .csi).")
    add("--receipt", metavar="FILE", help="The receipt here as well, for --output -.")
    add("--no-sign", action="store_true", help="Leave the receipt unsigned.")
    what = parser.add_argument_group("what is annotated")
    add = what.add_argument
    add("--pack", default="demo", metavar="PACK", help=f"{PACK_HELP} Default: demo.")
    add("--format", default="csq", metavar="csq|ann|bcsq|classic", help="INFO keys (default: csq).")
    add(
        "--transcripts",
        default="all",
        metavar="all|picked",
        help="Of each allele: all transcripts, or the picked one alone (default: all).",
    )
    add(
        "--overlay",
        action="append",
        default=[],
        metavar="NAME=FILE[:FIELD,...]",
        help="Values of a VCF, BED or TSV for the same allele or place. Repeatable.",
    )
    add("--distance", type=whole(0), default=5000, metavar="N", help="Bases up- and downstream.")
    add("--lift", default="", metavar="CHAIN", help="Chain file from the input's assembly.")
    add("--rename", action="append", default=[], metavar="OLD=NEW|FILE", help=RENAME_HELP)
    add("--haplotypes", action="store_true", help="Join a haplotype's variants within a codon.")
    add("--like", default="", metavar="vep", help="VEP 115's very answers, its errors included.")
    how = parser.add_argument_group("how it runs")
    add = how.add_argument
    add(
        "--threads",
        type=whole(1, 256),
        metavar="N",
        help="Worker threads (default: the processors, at most 4; 1 for a small file).",
    )
    add(
        "--strict",
        action="store_true",
        help="Refuse at the first bad record (exit 3); exit 4 if records without anything to "
        "annotate were passed through.",
    )
    add("--max-output", type=whole(0), default=0, metavar="BYTES", help="Most text (0: no limit).")
    said = parser.add_argument_group("what is said")
    loud = said.add_mutually_exclusive_group()
    loud.add_argument("--progress", action="store_true", help="Show progress also off a terminal.")
    loud.add_argument("--quiet", action="store_true", help="Say nothing but errors.")
    add = said.add_argument
    add("--progress-json", action="store_true", help="Progress as JSON lines.")
    add(
        "--progress-fd", type=whole(1), default=2, metavar="FD", help="Where those go (default: 2)."
    )
    add(
        *("--json",),
        action="store_true",
        dest="as_json",
        help="The receipt (or the problem) as one JSON object on standard output.",
    )


def run(arguments: Namespace) -> int:
    """Annotate one file."""
    from anntools.api import annotate
    from anntools.options import Options

    _keep_memory()
    output = _output(arguments)
    report = _report(arguments)
    extra = {} if arguments.level is None else {"level": arguments.level}
    options = Options(
        threads=arguments.threads or _threads(Path(arguments.input)),
        format=arguments.format,
        transcripts=arguments.transcripts,
        strict=arguments.strict,
        distance=arguments.distance,
        max_output=arguments.max_output,
        progress=report,
        table=arguments.table,
        overlays=tuple(arguments.overlay),
        lift=arguments.lift,
        haplotypes=arguments.haplotypes,
        like=arguments.like,
        index=arguments.index,
        contig_names=read_renames(arguments.rename),
        sign=not arguments.no_sign,
        **extra,
    )
    receipt = annotate(arguments.input, output, arguments.pack, options)
    if report:
        report.finish()
    if arguments.receipt:
        Path(arguments.receipt).write_text(receipt.to_json(), encoding="utf-8")
    if arguments.as_json:
        sys.stdout.write(receipt.to_json())
    elif not (arguments.quiet or arguments.progress_json):
        stream = sys.stderr if arguments.output == "-" else sys.stdout
        stream.write(_sentence(receipt, output))
    return SKIPPED if arguments.strict and receipt.skipped_total else DONE


def _keep_memory() -> None:
    """Let the C library (glibc) hand freed chunks out again instead of fresh pages each time.

    Fresh pages cost as much as reading the file. Options of mallopt(3): M_MMAP_THRESHOLD,
    M_TRIM_THRESHOLD.
    """
    import ctypes

    with suppress(OSError, AttributeError):
        mallopt = ctypes.CDLL(None).mallopt
        mallopt(-3, 32 << 20)
        mallopt(-1, 128 << 20)


def _threads(source: Path) -> int:
    """As many threads as a file of this size is worth, on the processors that we may use."""
    if not source.is_file() or source.stat().st_size < _LARGE:
        return 1
    allowed = getattr(os, "sched_getaffinity", None)
    return min(len(allowed(0)) if allowed else os.cpu_count() or 1, _MOST_THREADS)


def _output(arguments: Namespace) -> str | Outputs:
    """Where to write: ``-``, or the paths of all results. Raises UsageProblem."""
    from anntools.names import outputs_for, outputs_in, stem

    if (arguments.output is None) == (arguments.output_dir is None):
        raise UsageProblem("Give either --output FILE or --output-dir DIR.")
    for file in (arguments.table, arguments.receipt):
        if file:
            need_folder(Path(file))
    if arguments.output == "-":
        if arguments.as_json:
            raise UsageProblem("--json and --output - both want standard output.")
        return "-"
    if arguments.output is not None:
        outputs = outputs_for(Path(arguments.output))
    else:
        name = arguments.name or (
            "stdin" if arguments.input == "-" else stem(Path(arguments.input).name)
        )
        if name != Path(name).name or name in (".", "..", "-"):
            raise UsageProblem("--name is a file name without folders.")
        outputs = outputs_in(arguments.output_dir, name)
    need_folder(outputs.vcf)
    return outputs


def _report(arguments: Namespace) -> JsonProgress | WordProgress | None:
    if arguments.progress_json:
        return JsonProgress(arguments.progress_fd)
    if arguments.progress or (sys.stderr.isatty() and not arguments.quiet):
        return WordProgress(sys.stderr)
    return None


def _sentence(receipt: Receipt, output: str | Outputs) -> str:
    written = "standard output" if isinstance(output, str) else output.vcf
    words = f"{receipt.records_in} records: {receipt.annotated} annotated, "
    words += f"{receipt.skipped_total - receipt.left_out} passed through unchanged"
    if receipt.left_out:
        words += f", {receipt.left_out} not lifted"
        words += "" if isinstance(output, str) else f" ({output.unlifted})"
    return f"{words}. Written: {written}\n"
