"""A variant in words."""

from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from web.explorer import story
from web.explorer.variant_shown import one_in

Row = Mapping[str, Any]


def row(**values: Any) -> Row:
    return {
        "chrom": "20",
        "pos": 4680251,
        "ref": "A",
        "alt": "G",
        "symbol": "PRNP",
        "consequence": "missense_variant",
        **values,
    }


@pytest.mark.parametrize(
    ("values", "name"),
    [
        ({"hgvsp": "ENSP1.4:p.Met129Val", "hgvsc": "ENST1.9:c.385A>G"}, "PRNP p.Met129Val"),
        ({"hgvsc": "ENST1.9:c.385-8A>G"}, "PRNP c.385-8A>G"),
        ({"symbol": None, "hgvsc": None}, "20:4,680,251 A>G"),
        ({"ref": "A" * 40}, "20:4,680,251 AAAAAAAA…>G"),
        ({"pos": None, "alt": None}, "no position A>."),
    ],
)
def test_a_variant_is_called_by_the_best_name_it_has(values: Row, name: str) -> None:
    assert story.name(row(**values)) == name


@pytest.mark.parametrize(
    ("consequence", "hgvsp", "said"),
    [
        (
            "missense_variant",
            "p.Met129Val",
            "Missense in PRNP. Amino acid 129 of the protein becomes valine instead of methionine.",
        ),
        (
            "stop_gained&splice_region_variant",
            "p.Arg95Ter",
            "Stop gained in PRNP. Instead of arginine, amino acid 95, the protein ends there.",
        ),
        (
            "synonymous_variant",
            "p.Leu12=",
            "Synonymous in PRNP. The protein does not change: amino acid 12 stays leucine.",
        ),
        (
            "frameshift_variant",
            "p.Ser109ArgfsTer?",
            "Frameshift in PRNP. The reading frame shifts: everything after it is translated "
            "differently.",
        ),
        (
            "upstream_gene_variant",
            None,
            "Upstream of PRNP. It lies within 5,000 bases before a gene.",
        ),
        (None, None, "This line of the file was passed through without annotation."),
    ],
)
def test_the_sentence_needs_no_hgvs(consequence: str | None, hgvsp: str | None, said: str) -> None:
    assert story.sentence(row(consequence=consequence, hgvsp=hgvsp)) == said


def transcript(**values: Any) -> Row:
    return {
        "consequence": "missense_variant",
        "mane_select": None,
        "canonical": False,
        "biotype": "protein_coding",
        **values,
    }


_NEAR = transcript(consequence="upstream_gene_variant")


@pytest.mark.parametrize(
    ("transcripts", "reason"),
    [
        ([], ""),
        ([transcript()], "the only transcript"),
        ([transcript(), _NEAR], "lies in it, not only near it"),
        ([transcript(mane_select="NM_1.1"), transcript(), _NEAR], "MANE Select"),
        ([transcript(canonical=True), transcript()], "canonical"),
        ([transcript(), transcript(biotype="lncRNA")], "makes a protein"),
        ([transcript(consequence="stop_gained"), transcript()], "most severe"),
        ([transcript(), transcript()], "better support or the longer sequence"),
    ],
)
def test_the_reason_for_the_pick_is_the_rule_that_decided(
    transcripts: Sequence[Row], reason: str
) -> None:
    said = story.why_picked(transcripts)
    assert reason in said
    assert bool(said) == bool(transcripts)


@pytest.mark.parametrize(
    ("frequency", "said"), [(0.004, "1 in 250"), (0.5, "1 in 2"), (0.9, ""), (0.0, "")]
)
def test_frequencies_are_said_as_one_in_so_many(frequency: float, said: str) -> None:
    assert one_in(frequency) == said
