"""The ``anntools`` command. Exit codes: 0 done, 2 wrong usage, 3 input refused, 4 see --strict."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated, Final, NoReturn

import typer

from anntools.problems import InputRefused, PackProblem, Problem, UsageProblem
from anntools.reporting import JsonProgress, WordProgress, write_json

DONE, USAGE, REFUSED, SKIPPED = 0, 2, 3, 4

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="AnnTools: annotate variants against a reference pack.",
)
reference_app = typer.Typer(no_args_is_help=True, help="Reference packs: build, list.")
app.add_typer(reference_app, name="reference")

_JSON_HELP: Final = "Print the receipt (or the problem) as one JSON object on standard output."


@app.command()
def annotate(
    input: Annotated[Path, typer.Argument(help="VCF, plain or compressed with gzip or bgzip.")],
    output: Annotated[Path | None, typer.Option("--output", "-o", help="Annotated VCF.")] = None,
    output_dir: Annotated[Path | None, typer.Option(help="Folder for NAME.annot.vcf.gz.")] = None,
    name: Annotated[str, typer.Option(help="NAME in --output-dir; default: the input's.")] = "",
    pack: Annotated[str, typer.Option(help="Reference pack: a name or a folder.")] = "demo",
    threads: Annotated[int, typer.Option(min=1, max=256, help="Worker threads.")] = 1,
    format: Annotated[str, typer.Option(help="csq or classic.")] = "csq",
    strict: Annotated[
        bool, typer.Option("--strict", help="Refuse at the first bad record.")
    ] = False,
    distance: Annotated[int, typer.Option(min=0, help="Bases up- and downstream.")] = 5000,
    max_output: Annotated[int, typer.Option(min=0, help="Most bytes of text (0: any).")] = 0,
    progress: Annotated[bool, typer.Option("--progress/--quiet", help="Show progress.")] = False,
    progress_json: Annotated[
        bool, typer.Option("--progress-json", help="Progress as JSON lines.")
    ] = False,
    progress_fd: Annotated[int, typer.Option(min=1, help="Where --progress-json writes.")] = 2,
    as_json: Annotated[bool, typer.Option("--json", help=_JSON_HELP)] = False,
) -> None:
    """Annotate a VCF.

    With --strict the first bad record refuses the input (exit 3); if there is none but some records
    had nothing that could be annotated, the run is done and the exit code is 4.
    """
    from anntools.api import annotate as run
    from anntools.names import outputs_for, outputs_in, stem
    from anntools.options import Options

    if (output is None) == (output_dir is None):
        fail(USAGE, Problem("usage", "Give either --output FILE or --output-dir DIR."), as_json)
    if name and (name != Path(name).name or name in (".", "..")):
        fail(USAGE, Problem("usage", "--name is a file name without folders."), as_json)
    if output_dir is not None:
        outputs = outputs_in(output_dir, name or stem(input.name))
    else:
        assert output is not None
        outputs = outputs_for(output)
    report: JsonProgress | WordProgress | None = None
    if progress_json:
        report = JsonProgress(progress_fd)
    elif progress:
        report = WordProgress()
    options = Options(
        threads=threads,
        format=format,
        strict=strict,
        distance=distance,
        max_output=max_output,
        progress=report,
    )
    try:
        receipt = run(input, outputs, pack, options)
    except InputRefused as refusal:
        fail(REFUSED, refusal.problem, as_json)
    except (PackProblem, UsageProblem) as problem:
        code = "pack" if isinstance(problem, PackProblem) else "usage"
        fail(USAGE, Problem(code, str(problem)), as_json)
    except OSError as error:
        fail(USAGE, Problem("file_access", f"{error.filename}: {error.strerror}"), as_json)
    if report:
        report.finish()
    if as_json:
        sys.stdout.write(receipt.to_json())
    elif not progress_json:
        typer.echo(
            f"{receipt.records_in} records: {receipt.annotated} annotated, "
            f"{receipt.skipped_total} passed through unchanged. Written: {outputs.vcf}"
        )
    if strict and receipt.skipped_total:
        raise typer.Exit(SKIPPED)


@reference_app.command("build")
def reference_build(
    fasta: Annotated[Path, typer.Option(help="Reference sequence.")],
    genes: Annotated[Path, typer.Option(help="Gene model: GFF3, GTF or genePred.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="Folder of the pack.")],
    overlay: Annotated[
        list[str] | None, typer.Option(help="NAME=FILE[:FIELD,...], VCF (exact) or BED.")
    ] = None,
    assembly: Annotated[str, typer.Option(help="Name of the assembly.")] = "",
    mitochondrion: Annotated[str, typer.Option(help="Contig with the mitochondrial code.")] = "",
) -> None:
    """Build a reference pack."""
    from anntools.pack.command import build_from_files

    try:
        manifest = build_from_files(
            fasta, genes, output, overlay or [], assembly, mitochondrion or None
        )
    except (ValueError, OSError) as error:
        fail(REFUSED, Problem("source_refused", str(error)), False)
    typer.echo(
        f"{manifest.pack_id}: {len(manifest.contigs)} contigs, {len(manifest.genes)} genes, "
        f"{manifest.transcripts} transcripts in {output}"
    )


@reference_app.command("list")
def reference_list(
    as_json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False,
) -> None:
    """List the reference packs on this machine."""
    from anntools.pack import installed
    from anntools.pack.manifest import read_manifest

    rows = []
    for folder in installed():
        m = read_manifest(folder)
        rows.append(
            {
                "name": folder.name,
                "pack_id": m.pack_id,
                "assembly": m.assembly,
                "contigs": [c["name"] for c in m.contigs],
                "genes": len(m.genes),
                "folder": str(folder),
            }
        )
    if as_json:
        typer.echo(json.dumps(rows, indent=1))
    for row in [] if as_json else rows:
        typer.echo(
            f"{row['name']}  {row['pack_id']}  {row['assembly']}  {row['genes']} genes  "
            f"contigs {', '.join(row['contigs'])}"  # type: ignore[arg-type]
        )


@app.command()
def verify(
    receipt: Annotated[Path, typer.Argument(help="NAME.receipt.json.")],
    as_json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False,
) -> None:
    """Check a receipt against the files beside it. Exit 0: all holds; 3: something does not."""
    from anntools.receipt import verify as check

    try:
        faults = check(receipt)
    except OSError as error:
        fail(USAGE, Problem("file_access", f"{receipt}: {error.strerror}"), as_json)
    except (ValueError, TypeError, KeyError):
        fail(USAGE, Problem("not_a_receipt", f"{receipt} is not a receipt of AnnTools."), as_json)
    if as_json:
        typer.echo(json.dumps({"holds": not faults, "faults": faults}))
    else:
        for line in faults or ["The receipt holds: nothing was lost or changed."]:
            typer.echo(line)
    if faults:
        raise typer.Exit(REFUSED)


@app.command()
def warm() -> None:
    """Compile the kernels now, so that the first run starts quickly."""
    from anntools.warm import warm as compile_now

    typer.echo(f"Kernels ready in {compile_now():.1f} s.")


def fail(code: int, problem: Problem, as_json: bool) -> NoReturn:
    """End with an exit code; the problem as JSON on stdout, or in words on stderr."""
    if as_json:
        write_json(sys.stdout, {"problem": problem.to_dict()})
    else:
        place = f"{problem.file}, " if problem.file and problem.line is not None else ""
        typer.echo(f"Error: {place}{problem.sentence()}", err=True)
    raise typer.Exit(code)


def main() -> None:
    """Entry point of the command."""
    app()
