"""Filters, facets and order, held to plain Python over the rows of the table."""

from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pytest

from gas.errors import InvalidRequest, ServiceUnavailable
from tests.unit.web.explorer.conftest import SAMPLES, Made
from tests.unit.web.explorer.test_filters import ask
from web.explorer.facets import read_facets
from web.explorer.masks import selected
from web.explorer.pages import read_page
from web.explorer.table import Deadline, OpenTable

Row = Mapping[str, Any]
Passes = Callable[[Row], bool]


def terms(row: Row) -> set[str]:
    return set((row["consequence"] or "").split("&"))


def carried(row: Row, sample: str, *how: str) -> bool:
    number = SAMPLES.index(sample) + 1
    return any(number in (row[name] or ()) for name in how)


def frequency(row: Row) -> float | None:
    return row["ac"] / row["an"] if row["an"] else None


def kind(row: Row) -> str | None:
    ref, alt = row["ref"] or "", row["alt"] or ""
    if not alt or alt == "*":
        return None
    if len(ref) == len(alt):
        return "snv" if len(ref) == 1 else "substitution"
    return "insertion" if len(alt) > len(ref) else "deletion"


def any_transcript(row: Row, *tests: Passes) -> bool:
    return any(all(test(entry) for test in tests) for entry in row["transcripts"])


def known(value: float | None, test: Callable[[float], bool], otherwise: bool = False) -> bool:
    return otherwise if value is None else test(value)


CASES: list[tuple[str, Passes]] = [
    ("", lambda r: True),
    ("gene=prnp", lambda r: r["symbol"] == "PRNP"),
    ("gene=PRNP,DMD", lambda r: r["symbol"] in ("PRNP", "DMD")),
    ("gene=NOPE", lambda r: False),
    ("impact=HIGH,MODERATE", lambda r: r["impact"] in ("HIGH", "MODERATE")),
    ("consequence=missense_variant", lambda r: "missense_variant" in terms(r)),
    (
        "consequence=splice_region_variant,stop_gained",
        lambda r: bool(terms(r) & {"splice_region_variant", "stop_gained"}),
    ),
    ("region=20", lambda r: r["chrom"] == "20"),
    ("region=chrX", lambda r: r["chrom"] == "X"),
    (
        "region=20:4,680,251-4,680,400",
        lambda r: (
            r["chrom"] == "20"
            and known(r["pos"], lambda p: p <= 4680400 and p + len(r["ref"]) - 1 >= 4680251)
        ),
    ),
    (
        "region=MT+X:31196868",
        lambda r: (
            r["chrom"] == "MT"
            or (r["chrom"] == "X" and r["pos"] <= 31196868 <= r["pos"] + len(r["ref"]) - 1)
        ),
    ),
    ("qual_min=100", lambda r: known(r["qual"], lambda q: q >= 100)),
    ("filter=PASS", lambda r: r["filter"] == "PASS"),
    ("filter=.&filter=q10", lambda r: r["filter"] in (None, "q10")),
    ("kind=insertion", lambda r: kind(r) == "insertion"),
    ("kind=snv,deletion", lambda r: kind(r) in ("snv", "deletion")),
    ("status=skipped", lambda r: r["status"] == "skipped"),
    ("status=unknown_contig", lambda r: r["reason"] == "unknown_contig"),
    ("clinvar=Pathogenic", lambda r: r["CLINVAR_SIG"] == "Pathogenic"),
    ("clinvar=.", lambda r: r["CLINVAR_SIG"] is None),
    ("af_max=0.3", lambda r: known(frequency(r), lambda f: f <= 0.3, otherwise=True)),
    ("af_min=0.3", lambda r: known(frequency(r), lambda f: f >= 0.3)),
    ("sample=NA1", lambda r: carried(r, "NA1", "het", "hom")),
    ("sample=NA+3&genotype=hom", lambda r: carried(r, "NA 3", "hom")),
    (
        "sample=NA1&sample=NA2&genotype=het",
        lambda r: carried(r, "NA1", "het") or carried(r, "NA2", "het"),
    ),
    ("sample=NA2&genotype=none", lambda r: not carried(r, "NA2", "het", "hom")),
    ("q=rs1799990", lambda r: r["id"] == "rs1799990"),
    ("q=rs179999", lambda r: False),
    ("q=prn", lambda r: "PRN" in (r["symbol"] or "")),
    ("q=m129v", lambda r: False),
    ("q=M129V", lambda r: "p.Met129Val" in (r["hgvsp"] or "")),
    ("q=20:4680251:a:g", lambda r: (r["pos"], r["alt"]) == (4680251, "G")),
    (
        "gene=PRNP&consequence=missense_variant&transcripts=any",
        lambda r: any_transcript(
            r, lambda t: t["symbol"] == "PRNP", lambda t: "missense_variant" in terms(t)
        ),
    ),
    (
        "impact=MODIFIER&transcripts=any",
        lambda r: any_transcript(r, lambda t: t["impact"] == "MODIFIER"),
    ),
    (
        "region=20&impact=MODERATE&filter=PASS&qual_min=20",
        lambda r: (
            r["chrom"] == "20"
            and r["impact"] == "MODERATE"
            and r["filter"] == "PASS"
            and known(r["qual"], lambda q: q >= 20)
        ),
    ),
]


@pytest.mark.parametrize(("query", "passes"), CASES, ids=[query for query, _ in CASES])
def test_a_filter_selects_what_plain_python_does(
    made: Made, opened: OpenTable, query: str, passes: Passes
) -> None:
    expected = [i for i, row in enumerate(made.rows) if passes(row)]
    found = selected(opened, ask(query).filters, Deadline(30))
    assert found.tolist() == expected


def test_the_cases_are_not_all_empty_or_full(made: Made) -> None:
    sizes = [sum(map(passes, made.rows)) for _, passes in CASES]
    telling = [0 < size < len(made.rows) for size in sizes]
    assert telling.count(False) <= 5, dict(zip((query for query, _ in CASES), sizes, strict=True))


@pytest.mark.parametrize(
    ("query", "without", "field", "values"),
    [
        ("impact=HIGH&filter=PASS", "filter=PASS", "impact", lambda r: [r["impact"]]),
        ("region=20&kind=snv", "kind=snv", "region", lambda r: [r["chrom"]]),
        ("gene=PRNP&region=20", "region=20", "gene", lambda r: [r["symbol"]]),
        (
            "consequence=missense_variant",
            "",
            "consequence",
            lambda r: terms(r) if r["consequence"] else [],
        ),
        ("filter=PASS&region=X", "region=X", "filter", lambda r: [r["filter"] or "."]),
        ("kind=snv", "", "kind", lambda r: [kind(r)]),
        ("clinvar=Pathogenic", "", "clinvar", lambda r: [r["CLINVAR_SIG"] or "."]),
        (
            "transcripts=any&impact=MODIFIER",
            "",
            "gene",
            lambda r: {t["symbol"] for t in r["transcripts"] if t["impact"] == "MODIFIER"},
        ),
        (
            "transcripts=any",
            "",
            "consequence",
            lambda r: {term for t in r["transcripts"] for term in terms(t)},
        ),
        (
            "sample=NA1&genotype=het&region=20",
            "region=20",
            "sample",
            lambda r: [name for name in SAMPLES if carried(r, name, "het")],
        ),
    ],
)
def test_facets_count_under_the_other_filters(
    made: Made,
    opened: OpenTable,
    query: str,
    without: str,
    field: str,
    values: Callable[[Row], Any],
) -> None:
    others = selected(opened, ask(without).filters, Deadline(30))
    rows = made.rows
    expected = Counter(value for i in others for value in values(rows[i]) if value is not None)
    facets = read_facets(opened, ask(query).filters, Deadline(30))
    assert facets.total == len(selected(opened, ask(query).filters, Deadline(30)))
    assert {v.value: v.count for v in facets.of[field].values if v.count} == dict(expected)
    assert facets.of[field].more == 0
    chosen = {str(value) for value in getattr(ask(query).filters, field)}
    assert {v.value for v in facets.of[field].values if v.chosen} == chosen


@pytest.mark.parametrize("descending", [False, True])
@pytest.mark.parametrize("name", ["pos", "qual", "hgvsc", "symbol", "canonical", "id", "alt"])
def test_sorting_keeps_ties_in_the_files_order_and_nulls_last(
    made: Made, opened: OpenTable, name: str, descending: bool
) -> None:
    rows = made.rows
    there = [i for i, row in enumerate(rows) if row[name] is not None]
    there.sort(key=lambda i: rows[i][name], reverse=descending)
    if descending:  # reverse keeps the order of ties in sort, so this is stable as it is
        assert there == sorted(there, key=lambda i: rows[i][name], reverse=True)
    expected = there + [i for i, row in enumerate(rows) if row[name] is None]
    found = []
    pages = -(-len(rows) // 25)
    for page in range(1, pages + 1):
        sign = "-" if descending else ""
        read = read_page(opened, ask(f"sort={sign}{name}&size=25&page={page}"), Deadline(30))
        found += [(row["record"], row["alt_index"]) for row in read.rows]
    assert found == [(rows[i]["record"], rows[i]["alt_index"]) for i in expected]


@pytest.mark.parametrize("sort", ["qual", "-qual", "symbol", "-impact", "hgvsc"])
def test_few_rows_are_sorted_as_all_are(opened: OpenTable, sort: str) -> None:
    few = read_page(opened, ask(f"gene=PRNP&sort={sort}"), Deadline(30))
    whole = read_page(opened, ask(f"sort={sort}&size=200"), Deadline(30))
    assert 1 < few.total * 4 < len(opened)
    assert [dict(row) for row in few.rows] == [
        dict(row) for row in whole.rows if row["symbol"] == "PRNP"
    ]


def test_severity_not_the_alphabet_orders_impact(opened: OpenTable) -> None:
    read = read_page(opened, ask("sort=impact&columns=impact&size=200"), Deadline(30))
    found = list(dict.fromkeys(row["impact"] for row in read.rows if row["impact"]))
    assert found == [i for i in ("HIGH", "MODERATE", "LOW", "MODIFIER") if i in found]


def test_a_page_has_the_values_of_the_table(made: Made, opened: OpenTable) -> None:
    names = [name for name in opened.dictionary.names if name != "transcripts"]
    read = read_page(opened, ask(f"size=200&columns={','.join(names)}"), Deadline(30))
    lists = ("transcripts", "het", "hom")
    plain = [{k: v for k, v in row.items() if k not in lists} for row in made.rows]
    assert [dict(row) for row in read.rows] == plain[:200]
    assert (read.total, read.first) == (len(plain), 1)


@pytest.mark.parametrize(
    ("query", "parameter"),
    [
        ("sort=nothing", "sort"),
        ("columns=chrom,nothing", "columns"),
        ("sample=Nobody", "sample"),
        ("status=lost", "status"),
        ("page=999", "page"),
    ],
)
def test_what_this_table_does_not_have_is_refused(
    opened: OpenTable, query: str, parameter: str
) -> None:
    with pytest.raises(InvalidRequest, match=f"^{parameter}: "):
        read_page(opened, ask(query), Deadline(30))


def test_a_question_that_takes_too_long_is_given_up(opened: OpenTable) -> None:
    with pytest.raises(ServiceUnavailable, match="took too long"):
        selected(opened, ask("q=never-asked-before").filters, Deadline(-1))


def test_rows_are_ascending(opened: OpenTable) -> None:
    found = selected(opened, ask("impact=MODERATE").filters, Deadline(30))
    assert np.all(np.diff(found) > 0)
