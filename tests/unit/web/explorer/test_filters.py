"""What the address may say, and what is said when it is wrong."""

from urllib.parse import parse_qs

import pytest

from gas.errors import InvalidRequest
from web.explorer.filters import (
    Filters,
    Genotype,
    Impact,
    Kind,
    Region,
    Transcripts,
    View,
    parse,
)

FULL = (
    "gene=BRCA1&gene=TP53&region=20%3A100-200&region=X&consequence=missense_variant&impact=HIGH"
    "&af_min=0.001&af_max=0.05&clinvar=Pathogenic%2FLikely_pathogenic&sample=NA+3&genotype=het"
    "&qual_min=30&filter=PASS&kind=snv&status=skipped&q=c.76A%3ET&transcripts=any"
    "&sort=-qual&columns=chrom%2Cpos&size=100&page=3"
)


def ask(query: str) -> View:
    return parse(parse_qs(query, keep_blank_values=True))


def test_everything_at_once_and_back() -> None:
    view = ask(FULL)
    assert view == View(
        filters=Filters(
            gene=("BRCA1", "TP53"),
            region=(Region("20", 100, 200, "20:100-200"), Region("X", text="X")),
            consequence=("missense_variant",),
            impact=(Impact.HIGH,),
            af_min=0.001,
            af_max=0.05,
            clinvar=("Pathogenic/Likely_pathogenic",),
            sample=("NA 3",),
            genotype=Genotype.HET,
            qual_min=30,
            filter=("PASS",),
            kind=(Kind.SNV,),
            status=("skipped",),
            q="c.76A>T",
            transcripts=Transcripts.ANY,
        ),
        sort="qual",
        descending=True,
        page=3,
        size=100,
        columns=("chrom", "pos"),
    )
    assert view.query(page=3) == FULL


@pytest.mark.parametrize(
    ("query", "canonical"),
    [
        ("", ""),
        ("gene=&q=+&page=1&size=50&genotype=any&transcripts=picked", ""),
        ("gene=BRCA1,+TP53;BRCA1", "gene=BRCA1&gene=TP53"),
        ("impact=high,low", "impact=HIGH&impact=LOW"),
        ("region=20:1,000-2,000+X", "region=20%3A1000-2000&region=X"),
        ("region=20:5,X:7-", "region=20%3A5-5&region=X%3A7-"),
        ("region=chr20:1,000,000", "region=chr20%3A1000000-1000000"),
        ("region=HLA*01:01:01:5-9", "region=HLA%2A01%3A01%3A01%3A5-9"),
        ("af_max=0,01", "af_max=0.01"),
        ("sort=-", ""),
        ("kind=SNV", "kind=snv"),
    ],
)
def test_canonical(query: str, canonical: str) -> None:
    assert ask(query).query() == canonical
    assert ask(canonical).query() == canonical


@pytest.mark.parametrize(
    ("query", "parameter", "says"),
    [
        ("genes=BRCA1", "genes", "no such parameter"),
        ("impact=SEVERE", "impact", "one of HIGH, MODERATE, LOW, MODIFIER"),
        ("af_max=2", "af_max", "a number from 0 to 1"),
        ("af_max=rare", "af_max", "a number"),
        ("af_min=nan", "af_min", "a number"),
        ("af_min=0.5&af_max=0.1", "af_min", "more than af_max"),
        ("af_min=0.5&af_min=0.1", "af_min", "one value, not 2"),
        ("qual_min=-1", "qual_min", "a number"),
        ("genotype=het", "genotype", "samples"),
        ("genotype=hex&sample=A", "genotype", "one of any, het, hom, none"),
        ("page=0", "page", "a whole number"),
        ("page=1.5", "page", "a whole number"),
        ("size=33", "size", "one of 25, 50, 100, 200"),
        ("region=20:9-5", "region", "ends before it starts"),
        ("region=20:0", "region", "before base 1"),
        ("region=20:a-b", "region", "is no region"),
        ("region=:5", "region", "no"),
        ("kind=mnv", "kind", "one of snv"),
        ("transcripts=all", "transcripts", "one of picked, any"),
        ("q=" + "x" * 201, "q", "at most 200 characters"),
        ("q=a%00b", "q", "control characters"),
        ("gene=" + ",".join(f"G{i}" for i in range(201)), "gene", "at most 200 values"),
    ],
)
def test_wrong_values_name_the_parameter(query: str, parameter: str, says: str) -> None:
    with pytest.raises(InvalidRequest) as refused:
        ask(query)
    assert refused.value.message.startswith(f"{parameter}: ")
    assert says in refused.value.message
    assert refused.value.remedy


def test_a_change_of_the_filters_leads_to_the_first_page() -> None:
    view = ask("gene=BRCA1&page=7&sort=pos")
    assert view.query(impact=(Impact.LOW,)) == "gene=BRCA1&impact=LOW&sort=pos"
    assert view.query(gene=()) == "sort=pos"
    assert view.query(page=8) == "gene=BRCA1&sort=pos&page=8"


def test_what_is_active() -> None:
    assert ask("gene=A&af_max=0.1&transcripts=any").filters.active == ("gene", "af_max")
    assert ask("gene=A&q=b").filters.without("gene") == Filters(q="b")
