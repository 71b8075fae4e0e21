"""The public entry: ``annotate(input, output, pack, options) -> Receipt``."""

from __future__ import annotations

import json
import os
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

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
from anntools.receipt import FileRecord, Receipt, file_record
from anntools.run import Result, run
from anntools.signing import Signer, signer_or_reason
from anntools.summary import summarise
from anntools.version import VERSION


def annotate(
    input: str | Path,
    output: str | Path | Outputs,
    pack: str | Path | Pack,
    options: Options | None = None,
) -> Receipt:
    """Annotate a VCF against a reference pack.

    Writes the annotated VCF (compressed as BGZF unless its name ends in ``.vcf``), and beside it
    the count log, the summary and the receipt. Files appear under their names only when all is
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
    parts = [target.with_name(f"{target.name}.{os.getpid()}.part") for target in outputs.all]
    try:
        with parts[0].open("wb") as handle:
            compress = not outputs.vcf.name.lower().endswith(".vcf")
            result = run(source, handle, compress, opened, options)
        if unsigned:
            result.warnings.append(unsigned)
        receipt = _write_companions(source, outputs, parts, result, opened, options, signer)
        for part, target in zip(parts, outputs.all, strict=True):
            part.replace(target)
    finally:
        for part in parts:
            with suppress(FileNotFoundError):
                part.unlink()
    return receipt


def _write_companions(
    source: Path,
    outputs: Outputs,
    parts: list[Path],
    result: Result,
    pack: Pack,
    options: Options,
    signer: Signer | None,
) -> Receipt:
    summary = summarise(result.stats, pack)
    skipped: dict[str, int] = summary["skipped"]
    errors = sum(n for code, n in skipped.items() if REASON_CODES.index(code) >= FIRST_ERROR)
    if errors and not summary["annotated"]:
        raise InputRefused(result.problems[0])
    base = Receipt(
        input=FileRecord(options.name or source.name, result.input_bytes, result.input_sha256),
        output=FileRecord(outputs.vcf.name, result.output_bytes, result.output_sha256),
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
    parts[1].write_text(count_log(summary, base, result.problems), encoding="utf-8")
    parts[2].write_text(
        json.dumps(summary | {"pack_id": base.pack_id}, indent=1) + "\n", encoding="utf-8"
    )
    companions = [
        FileRecord(target.name, done.bytes, done.sha256)
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
