"""``explain``: variants as people write them, and why they get their terms."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from anntools import InputRefused, PackProblem, UsageProblem, explain
from anntools.explanation.known_ids import _allele
from anntools.explanation.packview import PackView
from anntools.explanation.rules import PICK_ORDER, REPAIRS, RULES
from anntools.explanation.variant import read_variant
from anntools.terms import TERMS
from tests.engine.conftest import ROOT

SAMPLE = ROOT / "samples" / "famous_variants.vcf"


@pytest.fixture(scope="module")
def view() -> PackView:
    """The demo pack as the specification reads it."""
    return PackView("demo")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("20-4680251-A-G", "20:4680251:A:G"),
        ("chr20:4680251:a:g", "20:4680251:A:G"),
        ("20:4680251A>G", "20:4680251:A:G"),
        ("20\t4680251\tA\tG", "20:4680251:A:G"),
        (" chr20:g.4680251A>G ", "20:4680251:A:G"),
        ("NC_000020.10:g.4680251A>G", "20:4680251:A:G"),
        ("NC_012920.1:m.3243A>G", "MT:3243:A:G"),
        ("20:g.4680251del", "20:4680250:CA:C"),
        ("20:g.4680251_4680253del", "20:4680250:CATG:C"),
        ("20:g.4680251_4680253delATG", "20:4680250:CATG:C"),
        ("20:g.4680251_4680253delinsCC", "20:4680251:ATG:CC"),
        ("20:g.4680251delAinsCC", "20:4680251:A:CC"),
        ("20:g.4680251_4680252insCC", "20:4680251:A:ACC"),
        ("20:g.4680251dup", "20:4680251:A:AA"),
        ("20:g.4680251_4680253inv", "20:4680251:ATG:CAT"),
        ("ENST00000379440.9:c.385A>G", "20:4680251:A:G"),
        ("ENST00000379440:c.385A>G", "20:4680251:A:G"),
        ("NM_000311.5(PRNP):c.385A>G", "20:4680251:A:G"),
        ("ENST00000254958.10:c.551G>A", "20:10639259:C:T"),
        ("ENST00000380113.8:c.124+1G>A", "20:3193873:G:A"),
        ("ENST00000379440.9:c.-1_1insT", "20:4679866:T:TT"),
        ("rs376142053", "20:3193873:G:A"),
        ("646228", "20:3193873:G:A"),
        ("ENST00000379440.9:c.*1del", "20:4680628:AG:A"),
        ("NC_012920.1(MT-ATP8):c.42C>T", "MT:8407:C:T"),
        ("NC_012920.1(MT-TL1):n.14A>G", "MT:3243:A:G"),
    ],
)
def test_a_variant_is_read(view: PackView, text: str, expected: str) -> None:
    assert str(read_variant(text, view)) == expected


@pytest.mark.parametrize(
    ("text", "problem", "words"),
    [
        ("non sense", UsageProblem, "not a variant in a known form"),
        ("rs1", InputRefused, "rs1 is not among"),
        ("PRNP:p.Met129Val", UsageProblem, "not a variant"),
        ("20:g.12A>", UsageProblem, "not a change"),
        ("20:g.4680251_4680253delA", UsageProblem, "not as many"),
        ("20:g.4680251_4680253insA", UsageProblem, "neighbouring"),
        ("ENST00000379440.9:n.385A>G", UsageProblem, "counted as c"),
        ("99-5-A-G", InputRefused, "does not know the contig"),
        ("20-4680251-C-G", InputRefused, "The reference has A"),
        ("20-463025520-A-G", InputRefused, "lies outside"),
        ("ENST00000379440.2:c.385A>G", InputRefused, "ENST00000379440.9, another version"),
        ("NM_999.1:c.1A>G", InputRefused, "has no transcript"),
        ("ENST00000379440.9:c.*99999A>G", InputRefused, "lies outside"),
        ("ENST00000380113.8:c.123+1G>A", InputRefused, "not in an intron"),
        ("ENST00000380113.8:c.124-1G>A", InputRefused, "not in an intron"),
        ("ENST00000380113.8:c.124+99999G>A", InputRefused, "not in an intron"),
        ("ENST00000379440.9:c.*1589+1G>A", InputRefused, "not in an intron|lies outside"),
        ("ENST00000379440.9:c.387_385del", UsageProblem, "the first position comes before"),
        ("20:g.4680253_4680251del", UsageProblem, "the first position comes before"),
        ("20:g.1_60000000del", UsageProblem, "not more than 100000 bases"),
        ("20:g.63025521A>G", InputRefused, "lies outside 20"),
        ("20:g.0A>G", InputRefused, "lies outside 20"),
        ("20:g.-5A>G", InputRefused, "lies outside 20"),
        (f"20:g.{'9' * 400}A>G", InputRefused, "lies outside 20"),
        (f"ENST00000379440.9:c.{'9' * 400}A>G", InputRefused, "lies outside"),
        ("20:g.30000000_30000002dup", InputRefused, "does not hold the bases"),
    ],
)
def test_a_variant_is_refused(
    view: PackView, text: str, problem: type[Exception], words: str
) -> None:
    with pytest.raises(problem, match=words):
        read_variant(text, view)


def test_every_allele_of_a_store_is_read_back(view: PackView) -> None:
    """What a store holds about an allele is found by its id, whatever its length."""
    [about] = [s for s in view.manifest.stores if s["kind"] == "exact"]
    folder = f"stores/{about['name']}"
    lengths = set()
    for record in range(0, about["records"], 97):
        known = _allele(record, about["bits"], lambda name: view.array(f"{folder}/{name}"))
        assert not (known.ref[:1] and known.ref[:1] == known.alt[:1])
        reference = view.bases(known.contig, known.start, known.start + len(known.ref))
        assert reference == known.ref
        lengths.add(len(known.ref) + len(known.alt))
    assert len(lengths) > 3


def test_every_term_has_a_rule() -> None:
    assert set(TERMS) <= set(RULES)
    accessions = [rule.accession for rule in RULES.values()]
    assert len(set(accessions)) == len(accessions)


def test_the_paragraphs_pointed_to_are_there() -> None:
    text = (ROOT / "docs" / "engine" / "divergences.md").read_text(encoding="utf-8")
    for title in (REPAIRS, PICK_ORDER):
        assert f"**{title}" in text


def test_a_missense_variant_step_by_step() -> None:
    found = explain("NM_000311.5:c.385A>G")
    assert found.hgvsg == "NC_000020.10:g.4680251A>G"
    [prnp] = found.transcripts
    assert [t.term for t in prnp.terms] == ["missense_variant"]
    assert "SO:0001583" in prnp.terms[0].source
    assert "Codons Atg/Gtg: Met becomes Val." in prnp.facts
    assert prnp.picked
    assert prnp.differences == []
    assert prnp.values["HGVSp"] == "ENSP00000368752.4:p.Met129Val"


def test_between_genes() -> None:
    found = explain("20-100000-N-G")
    assert found.transcripts == []
    assert "intergenic_variant" in found.steps[-1]


def test_engine_and_rule_agree_on_the_famous_variants() -> None:
    lines = [x.split("\t") for x in SAMPLE.read_text().splitlines() if not x.startswith("#")]
    for chrom, pos, _, ref, alt, *_ in lines[::5]:
        found = explain(f"{chrom}-{pos}-{ref}-{alt}")
        assert found.transcripts
        assert found.agrees, "\n".join(found.lines())


def test_the_command() -> None:
    command = [sys.executable, "-m", "anntools", "explain"]
    done = subprocess.run(
        [*command, "20-3193873-G-A", "--json"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["transcripts"][0]["terms"][0]["term"] == "splice_donor_variant"
    assert told["known"]["CLINVAR_ID"] == "646228"
    words = subprocess.run(
        [*command, "20-3193873-G-A", "--transcript", "ENST00000380113"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert "at base +1" in words.stdout
    assert subprocess.run([*command, "x-y"], capture_output=True, check=False).returncode == 2
    wrong = subprocess.run([*command, "20-3193873-C-A"], capture_output=True, check=False)
    assert wrong.returncode == 3


def test_an_unknown_pack() -> None:
    with pytest.raises(PackProblem):
        explain("20-1-A-G", "nowhere")
