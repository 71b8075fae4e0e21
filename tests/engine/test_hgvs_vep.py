"""HGVS of the specification beside VEP 115, on a part of the truth. Run with ``-s`` for the tables.

``python -m tests.engine.hgvs_truth`` compares everything; the compiled engine is compared by
``make conformance`` and held to the specification by ``test_hgvs_twin``.
"""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.engine.hgvs_truth import FIELDS, Agreement, compare_gene

# Both strands, one to many exons, incomplete coding sequences, stops inside, non-coding ones.
GENES = (
    "EDUMMY0001",
    "EDUMMY0003",
    "ENSG00000173376",
    "ENSMUST00000121418",
    "ENST00000341065",
    "ENST00000368801.2",
    "ENST00000375992",
    "ENST00000593942",
)
# Least share of equal rows among those where either side says something.
LEAST = {
    ("dense_snv", "HGVSg"): 1.0,
    ("dense_indel", "HGVSg"): 0.995,
}


@pytest.fixture(scope="module")
def agreement(shared_data: Path) -> dict[str, Agreement]:
    """Agreement per kind of variants over the genes, on each seventh row."""
    assert shared_data
    total: dict[str, Agreement] = {}
    for gene in GENES:
        for kind, part in compare_gene(gene, every=7).items():
            total.setdefault(kind, Agreement()).merge(part)
    for kind, result in total.items():
        sys.stdout.write(f"\n{kind}\n{result.table()}\n")
    return total


@pytest.mark.parametrize("field", FIELDS)
@pytest.mark.parametrize("kind", ["dense_snv", "dense_indel"])
def test_every_difference_has_its_paragraph(
    agreement: dict[str, Agreement], kind: str, field: str
) -> None:
    result = agreement[kind]
    assert not [(mine, theirs) for mine, theirs, _ in result.unexplained(field)]
    said = result.equal[field] + result.different(field)
    assert result.equal[field] >= LEAST.get((kind, field), 0) * said


def test_several_alts_are_named_one_by_one(agreement: dict[str, Agreement]) -> None:
    result = agreement["multi"]
    assert not result.unexplained("HGVSg")
    for field in ("HGVSc", "HGVSp"):
        assert len(result.unexplained(field)) <= 0.005 * result.rows, field
