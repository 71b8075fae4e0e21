"""Variants as people write them: every form is the same variant, and HGVS is read back exactly."""

from __future__ import annotations

import random
from collections.abc import Iterator

import pytest

from anntools import InputRefused, Pack, Site, SiteAnnotator, UsageProblem
from anntools.explanation.packview import PackView
from anntools.variant_text import site_of

PRNP = Site("20", 4680251, "A", "G")


@pytest.mark.parametrize(
    ("text", "site"),
    [
        ("20\t4680251\trs1799990\tA\tG\t50\tPASS\tDP=3", PRNP),
        ("20\t4680251\t.\tA\tG\n", PRNP),
        ("20 4680251 . A G", PRNP),
        ("chr20\t4680251\t.\tA\tG,T", Site("chr20", 4680251, "A", "G,T")),
        ("20\t1\t.\tA\t<DEL>\t.\t.\tSVTYPE=DEL;END=9;AF=1", Site("20", 1, "A", "<DEL>", "END=9")),
        ("20\t1\t.\tA\t<DEL>\t.\t.\tCIEND=1;SVLEN=-8", Site("20", 1, "A", "<DEL>", "SVLEN=-8")),
        (
            "20\t1\t.\tA\t<DEL>\t.\t.\tEND=9;SVLEN=-8",
            Site("20", 1, "A", "<DEL>", "SVLEN=-8;END=9"),
        ),
        ("20:4680251:A:G", PRNP),
        ("20:4680251:a:g", PRNP),
        ("20:4680251 A>G", PRNP),
        ("20:4680251 A/G", PRNP),
        ("20 4680251 A G", PRNP),
        ("20-4680251-A-G", PRNP),
        ("20_4680251_A_G", PRNP),
        ("NC_000020.10:4680250:A:G", Site("NC_000020.10", 4680251, "A", "G")),
        ("NC_000020.10:4680250:1:G", Site("NC_000020.10", 4680251, "A", "G")),
        ("NC_000020.10:4680250:A:", Site("NC_000020.10", 4680250, "CA", "C")),
        ("NC_000020.10:4680250::TT", Site("NC_000020.10", 4680250, "C", "CTT")),
        ("NC_000020.10:4680250:0:TT", Site("NC_000020.10", 4680250, "C", "CTT")),
        ("chr20:g.4680251A>G", PRNP),
        ("NC_000020.10:g.4680251del", Site("20", 4680250, "CA", "C")),
        ("NM_000311.5:c.385A>G", PRNP),
        ("twenty:g.4680251A>G", PRNP),
        ("rs376142053", Site("20", 3193873, "G", "A")),
        # what stands in a VCF's form is left to the engine to judge
        ("20:4680251:C:G", Site("20", 4680251, "C", "G")),
        ("nowhere:5:A:G", Site("nowhere", 5, "A", "G")),
        ("20:4680251:A:<DEL>", Site("20", 4680251, "A", "<DEL>")),
        ("20:4680251:A:*", Site("20", 4680251, "A", "*")),
    ],
)
def test_a_variant_is_read(demo: Pack, text: str, site: Site) -> None:
    assert site_of(text, demo, {"twenty": "20"}) == site


@pytest.mark.parametrize(
    ("text", "problem", "words"),
    [
        ("", UsageProblem, "not a variant in a known form: 20:4680251:A:G"),
        ("20:4680251", UsageProblem, "not a variant"),
        ("20:g.4680251", UsageProblem, "not a change"),
        ("20\t46802510000\t.\tA\tG", UsageProblem, "no position"),
        ("PRNP:p.Met129Val", UsageProblem, "not a variant"),
        ("rs1", InputRefused, "rs1 is not among"),
        ("NC_000021.8:100:A:G", InputRefused, "does not know the contig"),
        ("NC_000020.10:100:99999:G", UsageProblem, "At most 10000"),
        ("NM_000311.4:c.385A>G", InputRefused, "another version"),
        ("NM_000311.5:c.385C>G", InputRefused, "The reference has A"),
        ("NM_000311.5:c.385_386insN[12]", UsageProblem, "not a change"),
        ("A" * 30_000, UsageProblem, "30000 characters"),
    ],
)
def test_what_is_not_understood_says_what_is(
    demo: Pack, text: str, problem: type[Exception], words: str
) -> None:
    with pytest.raises(problem, match=words):
        site_of(text, demo, {})


@pytest.mark.parametrize("seed", range(2))
def test_what_the_engine_names_it_reads_back(demo: Pack, seed: int) -> None:
    """Substitutions, deletions, duplications, insertions, delins; in exons, at their ends, in
    introns; on both strands: HGVS on transcript and genome lead to the same variant again."""
    annotator = SiteAnnotator(demo)
    compared = 0
    for sites in _variants(PackView("demo"), random.Random(seed), transcripts=30):
        named = []
        for answer in annotator.annotate(sites):
            for row in answer.rows:
                named.append((row["hgvsg"], row["hgvsg"]))
                named += [(t["hgvsc"], row["hgvsg"]) for t in row["transcripts"] if t["hgvsc"]]
        for (name, genomic), again in zip(
            named, annotator.annotate([name for name, _ in named[:1000]]), strict=False
        ):
            assert again.problem is None, (name, again.problem)
            assert again.rows[0]["hgvsg"] == genomic, name
            compared += 1
    assert compared > 300


def _variants(view: PackView, dice: random.Random, transcripts: int) -> Iterator[list[Site]]:
    """Variants in and about the exons of some transcripts."""
    count = len(view.array("tx"))
    for number in dice.sample(range(count), min(transcripts, count)):
        model = view.find_transcript(view._names(number)[0].split("|")[3])
        assert model is not None
        sites = []
        for _ in range(12):
            first, last = dice.choice(model.transcript.exons)
            at = dice.choice([first, last, dice.randint(first, last)]) + dice.randint(-12, 12)
            ref = view.bases(model.contig, at - 1, at - 1 + dice.choice([1, 1, 1, 2, 3, 5]))
            new = "".join(dice.choice("ACGT") for _ in range(dice.randint(1, 4)))
            alt = dice.choice([new[0] + ref[1:], ref[0], ref[0] + ref + ref[1:], ref + new, new])
            if at > 1 and "N" not in ref and alt != ref:
                sites.append(Site(view.contig_name(model.contig), at, ref, alt))
        if sites:
            yield sites
