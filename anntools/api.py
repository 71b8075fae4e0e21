"""The public entry: ``annotate(input, output, pack, options) -> Receipt``."""

from __future__ import annotations

import json
import os
import sys
from contextlib import ExitStack, suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from anntools.compiled import llvmlite_version
from anntools.countlog import count_log
from anntools.names import Outputs, outputs_for
from anntools.options import FORMATS, Options
from anntools.pack import Pack, open_pack
from anntools.problems import (
    FIRST_ERROR,
    REASON_CODES,
    InputRefused,
    UsageProblem,
)
from anntools.receipt import FileRecord, Receipt, TableRecord, file_record
from anntools.run import Result, run
from anntools.signing import Signer, signer_or_reason
from anntools.summary import summarise
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
    ends in ``.vcf``), beside it the count log, the summary and the receipt, and the table if
    ``options.table`` names one. ``output`` ``-`` writes text to standard output and no companions.
    Files appear under their names only when all is done; a run that fails leaves nothing behind.

    Raises InputRefused (with the machine-readable ``problem``), PackProblem, UsageProblem, OSError.
    """
    options = options or Options()
    if options.format not in FORMATS:
        raise UsageProblem(f"Unknown format '{options.format}'; known: {', '.join(FORMATS)}.")
    source = Path(input)
    if source != STANDARD_INPUT and not source.is_file():
        raise UsageProblem(f"There is no file {source}.")
    outputs = None if str(output) == "-" else _outputs(output)
    table = [Path(options.table)] if options.table else []
    targets = [*(outputs.all if outputs else ()), *table]
    if any(target.resolve() == source.resolve() for target in targets):
        raise UsageProblem("The output would overwrite the input; choose another name.")
    opened = pack if isinstance(pack, Pack) else open_pack(pack)
    signer, unsigned = signer_or_reason() if options.sign else (None, "")
    for target in targets:
        target.parent.mkdir(parents=True, exist_ok=True)
    parts = [target.with_name(f"{target.name}.{os.getpid()}.part") for target in targets]
    try:
        with ExitStack() as stack:
            handle = stack.enter_context(parts[0].open("wb")) if outputs else sys.stdout.buffer
            result, counts = _run(source, handle, _is_packed(outputs), opened, options, parts)
        if unsigned:
            result.warnings.append(unsigned)
        base = _base_receipt(source, outputs, result, opened, options)
        if counts:
            name = os.path.relpath(table[0], outputs.receipt.parent if outputs else None)
            record = TableRecord(file_record(parts[-1], name), counts.records, counts.rows)
            base = replace(base, tables=[record])
        receipt = _finished(base, outputs, parts, result, opened, signer)
        for part, target in zip(parts, targets, strict=True):
            part.replace(target)
    finally:
        for part in parts:
            with suppress(FileNotFoundError):
                part.unlink()
    return receipt


def _outputs(output: str | Path | Outputs) -> Outputs:
    return output if isinstance(output, Outputs) else outputs_for(Path(output))


def _is_packed(outputs: Outputs | None) -> bool:
    return outputs is not None and not outputs.vcf.name.lower().endswith(".vcf")


def _run(
    source: Path,
    handle: BinaryIO,
    compress: bool,
    pack: Pack,
    options: Options,
    parts: list[Path],
) -> tuple[Result, Written | None]:
    """A run, which writes the table to the last part if one is wanted; and what that holds."""
    if not options.table:
        return run(source, handle, compress, pack, options), None
    from anntools.table.writer import TableWriter

    with parts[-1].open("wb") as file:
        table = TableWriter(file, pack)
        result = run(source, handle, compress, pack, options, table)
        return result, table.close()


def _base_receipt(
    source: Path, outputs: Outputs | None, result: Result, pack: Pack, options: Options
) -> Receipt:
    """The receipt without the companions. Raises InputRefused if not one record was right."""
    summary = summarise(result.stats, pack)
    skipped: dict[str, int] = summary["skipped"]
    errors = sum(n for code, n in skipped.items() if REASON_CODES.index(code) >= FIRST_ERROR)
    if errors and not summary["annotated"]:
        raise InputRefused(result.problems[0])
    written = outputs.vcf.name if outputs else "-"
    return Receipt(
        input=FileRecord(options.name or source.name, result.input_bytes, result.input_blake3),
        output=FileRecord(written, result.output_bytes, result.output_blake3),
        records_in=summary["records"],
        records_out=summary["annotated"] + sum(skipped.values()),
        annotated=summary["annotated"],
        skipped=skipped,
        errors=errors,
        pack_id=pack.manifest.pack_id,
        assembly=pack.manifest.assembly,
        versions={"anntools": VERSION, "llvmlite": llvmlite_version()},
        options={
            "format": options.format,
            "strict": options.strict,
            "distance": options.distance,
            "level": options.level,
            "overlays": list(options.overlays),
            "lift": options.lift,
            "haplotypes": options.haplotypes,
        },
        warnings=result.warnings,
        problems=[p.to_dict() for p in result.problems],
        problems_listed=len(result.problems),
    )


def _finished(
    base: Receipt,
    outputs: Outputs | None,
    parts: list[Path],
    result: Result,
    pack: Pack,
    signer: Signer | None,
) -> Receipt:
    """The receipt, signed; log, summary and receipt are written if there is a place for them."""
    if outputs is None:
        return base.signed(signer) if signer else base
    summary = summarise(result.stats, pack)
    parts[1].write_text(count_log(summary, base, result.problems), encoding="utf-8")
    parts[2].write_text(
        json.dumps(summary | {"pack_id": base.pack_id}, indent=1) + "\n", encoding="utf-8"
    )
    companions = [
        FileRecord(target.name, done.bytes, done.blake3)
        for target, done in (
            (outputs.log, file_record(parts[1])),
            (outputs.summary, file_record(parts[2])),
        )
    ]
    receipt = replace(base, files=companions)
    if signer:
        receipt = receipt.signed(signer)
    parts[3].write_text(receipt.to_json(), encoding="utf-8")
    return receipt
