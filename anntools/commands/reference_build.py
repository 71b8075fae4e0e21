"""``anntools reference build``."""

from __future__ import annotations

import sys
from argparse import Namespace
from pathlib import Path

from anntools.commands.common import DONE, REFUSED, Parser, fail, need_folder, write_json
from anntools.problems import Problem


def configure(parser: Parser) -> None:
    """Declare the options."""
    add = parser.add_argument
    add("--fasta", type=Path, required=True, metavar="FILE", help="Reference sequence.")
    add(
        *("--genes",),
        type=Path,
        required=True,
        metavar="FILE",
        help="Gene model: GFF3, GTF or genePred, plain or compressed.",
    )
    add("-o", "--output", type=Path, required=True, metavar="DIR", help="Folder of the pack.")
    add(
        "--overlay",
        action="append",
        default=[],
        metavar="NAME=FILE[:FIELD,...]",
        help="VCF (exact) or BED or TSV to look up. Repeatable.",
    )
    add(
        "--assembly",
        default="",
        metavar="NAME",
        help="Name of the assembly; HGVSg then tells its accessions.",
    )
    add("--name", default="", metavar="NAME", help="Name of the pack; default: its folder's.")
    add(
        "--synonyms",
        type=Path,
        metavar="FILE",
        help="Names of contigs: chromAlias.txt of UCSC or assembly_report.txt of NCBI.",
    )
    add("--quiet", action="store_true", help="Do not tell the steps.")
    add("--mitochondrion", metavar="CONTIG", help="Contig with the mitochondrial code.")
    parser.json_option("The pack as one JSON object.")


def run(arguments: Namespace) -> int:
    """Build a pack."""
    from anntools.commands.steps import Steps
    from anntools.pack.command import build_from_files

    need_folder(arguments.output)
    try:
        manifest = build_from_files(
            arguments.fasta,
            arguments.genes,
            arguments.output,
            arguments.overlay,
            arguments.assembly,
            arguments.mitochondrion,
            name=arguments.name,
            synonyms=arguments.synonyms,
            say=Steps(quiet=arguments.quiet or arguments.as_json).say,
        )
    except (ValueError, OSError) as error:
        return fail(REFUSED, Problem("source_refused", str(error)), arguments.as_json)
    if arguments.as_json:
        write_json(manifest.to_dict())
    else:
        sys.stdout.write(
            f"{manifest.pack_id}: {len(manifest.contigs)} contigs, {len(manifest.genes)} genes, "
            f"{manifest.transcripts} transcripts in {arguments.output}\n"
        )
    return DONE
