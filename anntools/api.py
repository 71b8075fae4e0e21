"""The public entry: ``annotate(input, output, pack, options) -> Receipt``."""

from __future__ import annotations

import json
import os
from contextlib import suppress
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

    Writes the annotated VCF (compressed as BGZF unless its name ends in ``.vcf``), beside it the
    count log, the summary and the receipt, and the table if ``options.table`` names one. Files appear under their names only when all is
    done; a run that fails leaves nothing behind.

    Raises InputRefused (with the machine-readable ``problem``), PackProblem, UsageProblem, OSError.
    """
    options = options or Options()
    if options.format not in FORMATS:
        raise UsageProblem(f"Unknown format '{options.format}'; known: {', '.join(FORMATS)}.")
    source = Path(input)
    if not source.is_file():
        raise UsageProblem(f"There is no file {source}.")
    outputs = output if isinstance(output, Outputs) else outputs_for(Path(output))
    if any(target.resolve() == source.resolve() for target in outputs.all):
        raise UsageProblem("The output would overwrite the input; choose another name.")
    opened = pack if isinstance(pack, Pack) else open_pack(pack)
    signer, unsigned = signer_or_reason() if options.sign else (None, "")
    outputs.vcf.parent.mkdir(parents=True, exist_ok=True)
    targets = [*outputs.all, *([Path(options.table)] if options.table else [])]
    parts = [target.with_name(f"{target.name}.{os.getpid()}.part") for target in targets]
    try:
        with parts[0].open("wb") as handle:
            compress = not outputs.vcf.name.lower().endswith(".vcf")
            if options.table:
                result, counts = _run_with_table(
                    source, handle, compress, opened, options, parts[4]
                )
            else:
                result, counts = run(source, handle, compress, opened, options), None
        if unsigned:
            result.warnings.append(unsigned)
        base = _base_receipt(source, outputs, result, opened, options)
        if counts:
            name = os.path.relpath(options.table, outputs.receipt.parent)
            record = TableRecord(file_record(parts[4], name), counts.records, counts.rows)
            base = replace(base, tables=[record])
        receipt = _write_companions(base, outputs, parts, result, opened, signer)
        for part, target in zip(parts, targets, strict=True):
            part.replace(target)
    finally:
        for part in parts:
            with suppress(FileNotFoundError):
                part.unlink()
    return receipt


def _run_with_table(
    source: Path, handle: BinaryIO, compress: bool, pack: Pack, options: Options, part: Path
) -> tuple[Result, Written]:
    """A run that writes the table besides; and what the table holds."""
    from anntools.table.writer import TableWriter

    with part.open("wb") as file:
        table = TableWriter(file, pack)
        result = run(source, handle, compress, pack, options, table)
        return result, table.close()


def _base_receipt(
    source: Path, outputs: Outputs, result: Result, pack: Pack, options: Options
) -> Receipt:
    """The receipt without the companions. Raises InputRefused if not one record was right."""
    summary = summarise(result.stats, pack)
    skipped: dict[str, int] = summary["skipped"]
    errors = sum(n for code, n in skipped.items() if REASON_CODES.index(code) >= FIRST_ERROR)
    if errors and not summary["annotated"]:
        raise InputRefused(result.problems[0])
    return Receipt(
        input=FileRecord(options.name or source.name, result.input_bytes, result.input_blake3),
        output=FileRecord(outputs.vcf.name, result.output_bytes, result.output_blake3),
        records_in=summary["records"],
        records_out=summary["annotated"] + sum(skipped.values()),
        annotated=summary["annotated"],
        skipped=skipped,
        errors=errors,
        pack_id=pack.manifest.pack_id,
        assembly=pack.manifest.assembly,
        versions={"anntools": VERSION, "llvmlite": llvmlite_version()},
        options={"format": options.format, "strict": options.strict, "distance": options.distance},
        warnings=result.warnings,
        problems=[p.to_dict() for p in result.problems],
        problems_listed=len(result.problems),
    )


def _write_companions(
    base: Receipt,
    outputs: Outputs,
    parts: list[Path],
    result: Result,
    pack: Pack,
    signer: Signer | None,
) -> Receipt:
    """Log, summary and receipt; returns the receipt as it is written."""
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
