"""Heads, cells, filters and chips as they are shown."""

import pytest

from web.explorer import grid, panel
from web.explorer.facets import Facet, FacetValue
from web.explorer.filters import View, parse
from web.explorer.shown import formats


@pytest.mark.parametrize(
    ("name", "value", "text", "kind"),
    [
        ("consequence", "stop_gained&intron_variant", "stop gained, intron", "consequence"),
        ("hgvsc", "ENST1.4:c.76A>T", "c.76A>T", "code"),
        ("qual", 0.000012345, "1.234e-05", "number"),
        ("pos", 4680251, "4,680,251", "number"),
        ("canonical", True, "yes", "text"),
        ("id", "my_variant_1", "my_variant_1", "text"),
        ("CLINVAR_REVIEW", "criteria_provided", "criteria provided", "text"),
        ("position_class", "utr5", "5′ UTR", "text"),
        ("symbol", None, "", "none"),
        ("ref", "ACGTACGTACGTACGTACGT", "ACGTACGT… 20 bases", "code"),
    ],
)
def test_values_are_shown_in_the_notation_of_the_field(
    name: str, value: object, text: str, kind: str
) -> None:
    cell = grid.cell(name, value)
    assert (cell.text, cell.kind) == (text, kind)


def test_what_is_shortened_is_there_in_full() -> None:
    assert grid.cell("ref", "A" * 99).full == "A" * 99
    assert grid.cell("hgvsp", "ENSP1.1:p.Arg1Ter").full == "ENSP1.1:p.Arg1Ter"


def view_of(**arguments: str) -> View:
    return parse({name: [value] for name, value in arguments.items()})


@pytest.mark.parametrize(
    ("arguments", "labels"),
    [
        ({"gene": "PRNP,DMD"}, ["Gene PRNP", "Gene DMD"]),
        ({"impact": "HIGH"}, ["High impact"]),
        ({"consequence": "5_prime_UTR_variant"}, ["5′ UTR"]),
        ({"af_max": "0.01", "qual_min": "30"}, ["Frequency at most 0.01", "QUAL at least 30"]),
        ({"sample": "NA1", "genotype": "hom"}, ["NA1 homozygous"]),
        ({"filter": "."}, ["FILTER not given"]),
        ({"q": "rs1"}, ["Text “rs1”"]),
        ({"transcripts": "any"}, ["In any transcript"]),
        ({"sort": "-pos", "size": "25"}, []),
    ],
)
def test_every_filter_is_a_chip_that_takes_it_away(
    arguments: dict[str, str], labels: list[str]
) -> None:
    chips = panel.chips(view_of(**arguments))
    assert [chip.label for chip in chips] == labels
    for chip in chips:
        assert len(panel.chips(parse_query(chip.query))) == len(labels) - 1


def parse_query(query: str) -> View:
    from urllib.parse import parse_qs

    return parse(parse_qs(query))


def test_a_group_shows_the_first_values_and_whatever_is_ticked() -> None:
    values = [FacetValue(f"r{n}", 100 - n, chosen=n == 15) for n in range(20)]
    view = view_of(filter="r15")
    [group] = panel.groups(view, {"filter": Facet(values, more=3)})
    assert [o.value for o in group.first] == [*(f"r{n}" for n in range(panel.AT_ONCE)), "r15"]
    assert len(group.first) + len(group.further) == 20
    assert (group.more, group.open) == (3, True)


def test_a_facet_without_a_choice_is_not_shown() -> None:
    one = {"kind": Facet([FacetValue("snv", 5, chosen=False)])}
    assert panel.groups(View(), one) == []
    assert len(panel.groups(view_of(kind="snv"), one)) == 1


def test_every_format_says_how_much_it_holds_and_keeps_the_filters() -> None:
    offered = formats(view_of(impact="HIGH", page="3", size="25"), 1204, "/x/export")
    assert [one.name for one in offered] == ["vcf", "tsv", "xlsx", "parquet", "json"]
    assert offered[1].href == "/x/export?format=tsv&impact=HIGH"
    assert offered[1].rows == "1,204 rows"
    assert offered[0].rows == "up to 1,204 lines"
