"""The public entry: ``annotate(input, output, pack, options) -> Receipt``."""

from __future__ import annotations

import hashlib
import json
import os
import sys
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from anntools.compiled import llvmlite_version
from anntools.countlog import count_log
from anntools.indexing import drop_stale, write_index
from anntools.names import Outputs, outputs_for
from anntools.options import FORMATS, LIKES, TRANSCRIPTS, Options
from anntools.pack import Pack, open_pack
from anntools.problems import (
    FIRST_ERROR,
    REASON_CODES,
    InputRefused,
    UsageProblem,
)
from anntools.receipt import FileRecord, Receipt, SourceRecord, TableRecord, file_record
from anntools.run import Result, run
from anntools.signing import Signer, signer_or_reason
from anntools.staging import Staging
from anntools.summary import summarise, with_plots
from anntools.vcfio.reader import STANDARD_INPUT
from anntools.version import VERSION

if TYPE_CHECKING:
    from anntools.table.writer import Written


def annotate(
    input: str | Path,
    output: str | Path | Outputs,
    pack: str | Path | Pack,
    options: Options | None = None,
) -> Receipt:
    """Annotate a VCF against a reference pack.

    ``input`` ``-`` is standard input. Writes the annotated VCF (compressed as BGZF unless its name
    ends in ``.vcf``), beside it the count log, the summary and the receipt, the table if
    ``options.table`` names one, an index if ``options.index`` asks for it, and with
    ``options.lift`` the records that were not lifted. ``output`` ``-`` writes text to standard
    output and no companions. Files appear under their names only when all is
    done; a run that fails leaves nothing behind.

    Raises InputRefused (with the machine-readable ``problem``), PackProblem, UsageProblem, OSError.
    """
    options = options or Options()
    source = Path(input)
    outputs = None if str(output) == "-" else _outputs(output)
    opened = pack if isinstance(pack, Pack) else open_pack(pack)
    _check_call(source, outputs, options)
    opened, overlays = _with_overlays(opened, options)
    if options.contig_names:
        opened = opened.with_names(options.contig_names)
    signer, unsigned = signer_or_reason() if options.sign else (None, "")
    with Staging() as staging:
        result, counts = _run(source, outputs, opened, options, staging)
        if unsigned:
            result.warnings.append(unsigned)
        summary = summarise(result.stats, opened) | with_plots(
            result.plots, counts.cohort if counts else None
        )
        base = _base_receipt(source, outputs, result, summary, opened, options)
        base = replace(base, sources=overlays + base.sources)
        if counts:
            table = Path(options.table)
            name = os.path.relpath(table, outputs.receipt.parent if outputs else None)
            record = TableRecord(
                file_record(staging.part(table), name), counts.records, counts.rows
            )
            base = replace(base, tables=[record])
        receipt = _finished(base, outputs, staging, result, summary, opened, options, signer)
        staging.publish()
    if outputs:
        drop_stale(outputs.vcf, receipt)
    return receipt


def _check_call(source: Path, outputs: Outputs | None, options: Options) -> None:
    """Raises UsageProblem if what is asked for cannot be."""
    if options.format not in FORMATS:
        raise UsageProblem(f"Unknown format '{options.format}'; known: {', '.join(FORMATS)}.")
    if options.transcripts not in TRANSCRIPTS:
        raise UsageProblem(
            f"Unknown choice of transcripts '{options.transcripts}'; known: "
            f"{', '.join(TRANSCRIPTS)}."
        )
    if options.transcripts != "all" and (options.format == "bcsq" or options.haplotypes):
        raise UsageProblem("BCSQ follows bcftools, which tells all transcripts.")
    if options.like not in LIKES:
        raise UsageProblem(f"Unknown peer '{options.like}'; known: {', '.join(LIKES[1:])}.")
    if options.like and (options.format == "bcsq" or options.haplotypes):
        raise UsageProblem("BCSQ follows bcftools; it cannot be like another tool.")
    if source != STANDARD_INPUT and (not source.exists() or source.is_dir()):
        raise UsageProblem(f"There is no file {source}.")
    table = [Path(options.table)] if options.table else []
    targets = [*((*outputs.all, outputs.unlifted) if outputs else ()), *table]
    if any(target.resolve() == source.resolve() for target in targets):
        raise UsageProblem("The output would overwrite the input; choose another name.")
    if options.lift and not Path(options.lift).is_file():
        raise UsageProblem(f"There is no chain file {options.lift}.")
    if options.lift and options.contig_names:
        raise UsageProblem(
            "A lifted file names its contigs as the chain file does; they cannot be renamed too."
        )
    if options.index and not (outputs and _is_packed(outputs)):
        raise UsageProblem("Only a compressed file (NAME.vcf.gz) can have an index.")


def _with_overlays(pack: Pack, options: Options) -> tuple[Pack, list[SourceRecord]]:
    """The pack with the stores of ``options.overlays``, and their files. Raises UsageProblem."""
    if not options.overlays and options.format != "classic":  # whose keys a pack may have
        return pack, []
    from anntools.infokeys import check_stores
    from anntools.pack.open_overlays import open_overlays, sources_of
    from anntools.pack.overlay_spec import OverlayProblem
    from anntools.pack.storefile import GENES

    try:
        opened = open_overlays(options.overlays, pack)
        for store in opened:
            if store.about["kind"] == GENES and options.format != "classic":
                raise OverlayProblem(
                    f"The overlay {store.name} tells facts of genes: --format classic only"
                )
        together = pack.with_stores(opened)
        check_stores([store.about for store in together.stores], options.format)
        return together, sources_of(options.overlays)
    except ValueError as error:  # OverlayProblem, TextProblem: what is wrong with the file
        raise UsageProblem(f"{error}.") from error


def _outputs(output: str | Path | Outputs) -> Outputs:
    return output if isinstance(output, Outputs) else outputs_for(Path(output))


def _is_packed(outputs: Outputs) -> bool:
    return not outputs.vcf.name.lower().endswith(".vcf")


def _run(
    source: Path, outputs: Outputs | None, pack: Pack, options: Options, staging: Staging
) -> tuple[Result, Written | None]:
    """A run, with the table and what was not lifted; and what the table holds."""
    with ExitStack() as stack:

        def opened(target: Path) -> BinaryIO:
            return stack.enter_context(staging.part(target).open("wb"))

        handle = opened(outputs.vcf) if outputs else sys.stdout.buffer
        compress = outputs is not None and _is_packed(outputs)
        unlifted = opened(outputs.unlifted) if outputs and options.lift else None
        if not options.table:
            return run(source, handle, compress, pack, options, None, unlifted), None
        from anntools.table.writer import TableWriter

        table = TableWriter(opened(Path(options.table)), pack)
        result = run(source, handle, compress, pack, options, table, unlifted)
        return result, table.close()


def _base_receipt(
    source: Path,
    outputs: Outputs | None,
    result: Result,
    summary: dict[str, Any],
    pack: Pack,
    options: Options,
) -> Receipt:
    """The receipt without the companions. Raises InputRefused if not one record was right."""
    skipped: dict[str, int] = summary["skipped"]
    errors = sum(n for code, n in skipped.items() if REASON_CODES.index(code) >= FIRST_ERROR)
    left_out = skipped.get("not_lifted", 0)
    if (errors or left_out) and not summary["annotated"]:
        raise InputRefused(result.problems[0])
    written = outputs.vcf.name if outputs else "-"
    return Receipt(
        input=FileRecord(options.name or source.name, result.input_bytes, result.input_blake3),
        output=FileRecord(written, result.output_bytes, result.output_blake3),
        records_in=summary["records"],
        records_out=summary["records"] - left_out,
        annotated=summary["annotated"],
        skipped=skipped,
        errors=errors,
        pack_id=pack.manifest.pack_id,
        assembly=pack.manifest.assembly,
        versions={"anntools": VERSION, "llvmlite": llvmlite_version()},
        options={
            "format": options.format,
            "transcripts": options.transcripts,
            "strict": options.strict,
            "distance": options.distance,
            "level": options.level,
            "overlays": list(options.overlays),
            "lift": options.lift,
            "haplotypes": options.haplotypes,
            "like": options.like,
            "index": options.index,
            "contig_names": dict(options.contig_names),
        },
        sources=[_chain(Path(options.lift))] if options.lift else [],
        not_lifted=result.not_lifted,
        warnings=result.warnings,
        problems=[p.to_dict() for p in result.problems],
        problems_listed=len(result.problems),
    )


def _chain(path: Path) -> SourceRecord:
    with path.open("rb") as handle:
        digest = hashlib.file_digest(handle, "sha256").hexdigest()
    return SourceRecord("lift", path.name, path.stat().st_size, digest)


def _finished(
    base: Receipt,
    outputs: Outputs | None,
    staging: Staging,
    result: Result,
    summary: dict[str, Any],
    pack: Pack,
    options: Options,
    signer: Signer | None,
) -> Receipt:
    """The receipt, signed; log, summary, index and receipt, if there is a place for them."""
    if outputs is None:
        return base.signed(signer) if signer else base
    files = []
    if options.index:
        index, warnings = write_index(outputs.vcf, staging, pack)
        files += [file_record(staging.part(path), path.name) for path in index]
        base = replace(base, warnings=base.warnings + warnings)
    log, told = staging.part(outputs.log), staging.part(outputs.summary)
    log.write_text(count_log(summary, base, result.problems), encoding="utf-8")
    told.write_text(
        json.dumps(summary | {"pack_id": base.pack_id, "like": options.like}, indent=1) + "\n",
        encoding="utf-8",
    )
    for target in (outputs.log, outputs.summary, *((outputs.unlifted,) if options.lift else ())):
        files.append(file_record(staging.part(target), target.name))
    receipt = replace(base, files=files)
    if signer:
        receipt = receipt.signed(signer)
    staging.part(outputs.receipt).write_text(receipt.to_json(), encoding="utf-8")
    return receipt
