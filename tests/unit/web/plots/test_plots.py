"""What plots say and where their marks are drawn."""

import pytest

from anntools import terms as engine_terms
from web.plots import histograms, summary, terms
from web.plots.drawing import WIDTH, compact, draw, nice_step
from web.plots.model import Form, Mark, Missing, Plot
from web.plots.summary import Counts, no_link, overview


def counts(**changes: object) -> Counts:
    values = {
        "alleles": 1200,
        "genes_hit": 3,
        "with_rsid": 600,
        "transitions": 700,
        "transversions": 350,
        "ts_tv": 2.0,
        "impact": {"HIGH": 1, "MODERATE": 20, "LOW": 0, "MODIFIER": 1179},
        "consequence_most_severe": {"intron_variant": 1100, "stop_gained": 1, "unheard_of": 2},
        "position_class": {"CDS": 12, "intron": 1188, "utr5": 0},
        "variant_kinds": {"snv": 1050, "deletion": 150, "insertion": 0},
        "contigs": {"chr1": 700, "chr2": 500},
        "indel_lengths": {"-50": 2, "-3": 100, "1": 48},
        "exact": {"ClinVar": 2},
        "exact_classes": {"ClinVar": {"Likely_benign": 2}},
        "top_genes": [{"gene": "TTN", "alleles": 30}],
        **changes,
    }
    return Counts.model_validate(values)


def plots(**changes: object) -> dict[str, Plot]:
    return {plot.key: plot for plot in overview(counts(**changes), no_link).plots}


def test_the_terms_are_those_of_the_engine_with_its_impacts() -> None:
    assert list(terms.TERMS) == list(engine_terms.TERMS)
    impacts = [engine_terms.IMPACTS[code] for code in engine_terms.IMPACT_OF]
    assert [term.impact for term in terms.TERMS.values()] == impacts


def test_consequences_stand_in_the_order_of_severity_and_none_is_lost() -> None:
    marks = plots()["consequences"].marks
    assert [mark.label for mark in marks] == ["stop gained", "intron", "unheard of"]
    assert [mark.tone for mark in marks] == ["high", "modifier", "modifier"]
    assert sum(mark.count for mark in marks) == 1103


def test_a_mark_leads_to_the_table_filtered_for_it() -> None:
    found = overview(counts(), lambda name, value: f"?{name}={value}")
    hrefs = {plot.key: plot.marks[0].href for plot in found.plots}
    assert hrefs["consequences"] == "?consequence=stop_gained"
    assert hrefs["impact"] == "?impact=HIGH"
    assert hrefs["genes"] == "?gene=TTN"
    assert hrefs["contigs"] == "?region=chr1"
    assert hrefs["clinvar"] == "?clinvar=Likely_benign"
    assert hrefs["indels"] is None


@pytest.mark.parametrize(
    ("changes", "title", "why"),
    [
        ({"exact": {}}, "ClinVar", "the reference pack of this job has no ClinVar."),
        ({"exact_classes": {}}, "ClinVar", "no variant of the file is listed there."),
        ({"indel_lengths": {}}, "Lengths of insertions and deletions", "the file has none."),
        (
            {"ts_tv": None},
            "Transitions and transversions",
            "there are too few single-base changes.",
        ),
        ({"contigs": {"20": 5}}, "Variants per contig", "all lie on the same one."),
        ({"top_genes": []}, "Genes with the most variants", "no variant lies in a gene."),
    ],
)
def test_a_plot_that_is_not_there_says_why(
    changes: dict[str, object], title: str, why: str
) -> None:
    found = overview(counts(**changes), no_link)
    assert {one.title: one.why for one in found.missing} == {title: why}
    assert title not in {plot.title for plot in found.plots}


def test_long_indels_are_counted_at_the_ends_and_said_to_be() -> None:
    plot = plots()["indels"]
    assert (plot.marks[0].name, plot.marks[0].count) == ("−30 and more bases", 2)
    assert sum(mark.count for mark in plot.marks) == 150
    assert plot.sentence.startswith("102 deletions to the left, 48 insertions")


def test_many_short_contigs_stand_and_long_names_lie() -> None:
    chromosomes = {f"chr{n}": n for n in range(1, 23)}
    assert plots(contigs=chromosomes)["contigs"].form is Form.COLUMNS
    assert plots(contigs={f"scaffold_{n}": 1 for n in range(30)})["contigs"].form is Form.BARS


@pytest.mark.parametrize(
    ("part", "whole", "said"),
    [
        (0, 10, "none"),
        (10, 10, "all"),
        (1, 10, "10\u00a0%"),
        (1, 250, "0.4\u00a0%"),
        (1, 5000, "under 0.1\u00a0%"),
        (999, 1000, "99\u00a0%"),
    ],
)
def test_shares_are_never_rounded_to_none_or_all(part: int, whole: int, said: str) -> None:
    assert summary.percent(part, whole) == said


@pytest.mark.parametrize(
    ("name", "tone"),
    [
        ("Pathogenic/Likely_pathogenic", "pathogenic"),
        ("Likely_pathogenic", "likely-pathogenic"),
        ("Conflicting_classifications_of_pathogenicity", "conflicting"),
        ("Benign/Likely_benign", "benign"),
        ("risk_factor", "other-class"),
    ],
)
def test_clinvar_classes_have_their_colours(name: str, tone: str) -> None:
    assert summary.clinvar_tone(name) == tone


def test_the_longest_bar_and_its_number_fit() -> None:
    plot = Plot("p", "P", "S", Form.BARS, "h", "c", [Mark("a", 9_999_999), Mark("b", 1)])
    drawing = draw(plot)
    longest, least = drawing.shapes
    assert longest.count is not None
    assert longest.count[0] + 60 <= WIDTH + 10
    assert 0 < least.width < 2  # what is there at all can be seen


def test_standing_bars_stand_on_the_base_below_a_round_axis() -> None:
    marks = [Mark(str(n), n * 10) for n in range(1, 8)]
    drawing = draw(Plot("p", "P", "S", Form.COLUMNS, "h", "c", marks))
    assert drawing.base is not None
    assert all(shape.y + shape.height == pytest.approx(drawing.base) for shape in drawing.shapes)
    assert [tick.text for tick in drawing.ticks] == ["0", "20", "40", "60", "80"]
    assert drawing.shapes[-1].x + drawing.shapes[-1].width <= WIDTH


def test_shares_fill_the_width() -> None:
    drawing = draw(Plot("p", "P", "S", Form.SHARES, "h", "c", [Mark("a", 3), Mark("b", 1)]))
    last = drawing.shapes[-1]
    assert last.x + last.width == pytest.approx(WIDTH, abs=0.2)


@pytest.mark.parametrize(("largest", "step"), [(1, 1), (4, 1), (9, 5), (70, 20), (24_990, 10_000)])
def test_axes_go_in_round_steps(largest: int, step: int) -> None:
    assert nice_step(largest) == step


@pytest.mark.parametrize(
    ("number", "text"), [(950, "950"), (2500, "2.5k"), (12_000, "12k"), (1_200_000, "1.2M")]
)
def test_numbers_beside_an_axis_are_short(number: int, text: str) -> None:
    assert compact(number) == text


def test_few_samples_have_a_bar_each_and_many_are_counted_together() -> None:
    few = histograms.samples(["NA1", "NA2"], [5, 7], lambda name, value: f"?{name}={value}")
    assert isinstance(few, Plot)
    assert [(m.name, m.count, m.href) for m in few.marks] == [
        ("NA1", 5, "?sample=NA1"),
        ("NA2", 7, "?sample=NA2"),
    ]
    many = histograms.samples([f"S{n}" for n in range(200)], list(range(3000, 3200)), no_link)
    assert isinstance(many, Plot)
    assert sum(mark.count for mark in many.marks) == 200
    assert many.marks[0].name.startswith("3,000 to ")
    assert isinstance(histograms.samples([], [], no_link), Missing)


def test_a_frequency_lies_in_the_bin_whose_upper_edge_it_reaches() -> None:
    edges = len(histograms.FREQUENCY_EDGES) - 1
    plot = histograms.frequencies([3, 2, *[0] * (edges - 2)], 4, 1, told=True)
    assert isinstance(plot, Plot)
    assert [mark.count for mark in plot.marks[:3]] == [1, 3, 2]
    assert plot.marks[-1].name == "not known"
    assert plot.marks[1].name == "above 0, up to 0.001"
    assert isinstance(histograms.frequencies([0] * edges, 9, 0, told=False), Missing)


def test_density_names_the_bars_in_which_a_round_number_lies() -> None:
    plot = histograms.density("20", 50_000, [1] * 60, 1_000_000, lambda _, value: value)
    assert isinstance(plot, Plot)
    assert [mark.label for mark in plot.marks if mark.label] == ["1", "2", "3"]
    assert plot.marks[1].href == "20:1050000-1099999"
    shapes = draw(plot).shapes
    assert sum(1 for shape in shapes if shape.label) == 3
