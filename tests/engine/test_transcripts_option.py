"""`--transcripts picked`: one entry for each allele in the VCF, all transcripts in the table."""

from __future__ import annotations

from pathlib import Path

import pytest

import anntools
from anntools import Options, UsageProblem
from anntools.labels import CSQ_FIELDS
from tests.engine.conftest import ROOT, info_of

SAMPLE = ROOT / "samples" / "famous_variants.vcf"
PICK = CSQ_FIELDS.index("PICK")


def entries(folder: Path, options: Options, key: str) -> list[list[str]]:
    """Of every record the entries of `key`."""
    out = folder / "o.annot.vcf"
    anntools.annotate(SAMPLE, out, "demo", options)
    lines = out.read_text(encoding="utf-8").splitlines()
    return [info_of(line)[key].split(",") for line in lines if not line.startswith("#")]


@pytest.mark.parametrize("format", ["csq", "ann"])
def test_only_the_picked_entry_is_written(tmp_path: Path, format: str) -> None:
    key = format.upper()
    all_, one = (
        entries(tmp_path, Options(format=format, transcripts=which), key)
        for which in ("all", "picked")
    )
    assert max(map(len, all_)) > 1
    assert {len(each) for each in one} == {1}
    for every, (only,) in zip(all_, one, strict=True):
        if format == "csq":
            assert [only] == [entry for entry in every if entry.split("|")[PICK] == "1"]
        else:
            assert only == every[0]


def test_the_table_tells_all_transcripts_in_any_case(tmp_path: Path) -> None:
    tables = []
    for which in ("all", "picked"):
        path = tmp_path / f"{which}.parquet"
        options = Options(table=str(path), transcripts=which, sign=False)
        receipt = anntools.annotate(SAMPLE, tmp_path / f"{which}.vcf.gz", "demo", options)
        assert receipt.options["transcripts"] == which
        tables.append(anntools.read_table(path).to_pylist())
    assert tables[0] == tables[1]


@pytest.mark.parametrize(
    "options",
    [
        Options(transcripts="best"),
        Options(transcripts="picked", format="bcsq"),
        Options(transcripts="picked", haplotypes=True),
    ],
)
def test_what_cannot_be_is_wrong_usage(tmp_path: Path, options: Options) -> None:
    with pytest.raises(UsageProblem):
        anntools.annotate(SAMPLE, tmp_path / "o.vcf", "demo", options)
