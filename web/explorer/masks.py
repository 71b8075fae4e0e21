"""Filters as masks: for each field of `Filters` that is set, which rows pass it."""

import re
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from web.explorer.dictionary import Dictionary
from web.explorer.filters import Filters, Genotype, Region, Transcripts, refused
from web.explorer.search import finder
from web.explorer.table import Deadline, Mask, OpenTable, Rows, numbers, truth
from web.explorer.working_copy import END, FREQUENCY, KIND, of_any

OF_TRANSCRIPTS: Final = ("gene", "consequence", "impact")
"""Fields that are asked of the same transcript, if any may do."""
STATUSES: Final = ("annotated", "skipped")

Test = Callable[[pa.RecordBatch], Mask]
"""Which rows of a batch pass."""


def selected(table: OpenTable, filters: Filters, deadline: Deadline) -> Rows:
    """The rows that pass all filters.

    Raises:
        InvalidRequest: the table has no such sample, or nothing that the filter looks at.
        ServiceUnavailable: the time is over.
    """

    def find() -> Rows:
        mask = everything(masks(table, filters, deadline).values(), len(table))
        return np.flatnonzero(mask)

    return table.remember(("rows", filters), find)


def everything(of_fields: Iterable[Mask], size: int) -> Mask:
    """The rows that pass all masks."""
    mask = np.ones(size, np.bool_)
    for each in of_fields:
        mask &= each
    return mask


def masks(table: OpenTable, filters: Filters, deadline: Deadline) -> Mapping[str, Mask]:
    """A mask for each field that is set; those asked of one transcript are one, `transcript`."""
    found = {name: _whole(table, test, deadline) for name, test in _tests(table, filters).items()}
    if filters.q:
        # The dearest one, and most often asked again with other filters beside it.
        found["q"] = table.remember(
            ("q", filters.q), lambda: _side_by_side(table, finder(table, filters.q), deadline)
        )
    return found


def _whole(table: OpenTable, test: Test, deadline: Deadline) -> Mask:
    parts = [test(batch) for batch in table.slices(deadline)]
    return np.concatenate(parts) if parts else np.empty(0, np.bool_)


def _side_by_side(table: OpenTable, test: Test, deadline: Deadline) -> Mask:
    """As `_whole`, on two processors: for a test that runs in Arrow's compiled code."""

    def in_time(batch: pa.RecordBatch) -> Mask:
        deadline.check()
        return test(batch)

    with ThreadPoolExecutor(2) as pool:
        parts = list(pool.map(in_time, table.batches))
    return np.concatenate(parts) if parts else np.empty(0, np.bool_)


def _tests(table: OpenTable, filters: Filters) -> dict[str, Test]:
    tests: dict[str, Test] = {}
    luts = transcript_luts(table, filters)
    if filters.transcripts is Transcripts.ANY:
        if luts:
            tests["transcript"] = lambda batch: of_entries(batch, entry_mask(batch, luts))
    else:
        tests |= {name: _of_picked(parts) for name, parts in luts.items()}
    if filters.region:
        tests["region"] = _regions(table, filters.region)
    if filters.af_min is not None or filters.af_max is not None:
        tests["af"] = _frequency(table.dictionary, filters)
    if filters.clinvar:
        tests["clinvar"] = _clinvar(table, filters)
    if filters.sample:
        tests["sample"] = _carriers(table.dictionary, filters)
    if filters.qual_min is not None:
        least = filters.qual_min
        tests["qual"] = lambda batch: numbers(batch.column("qual")) >= least
    if filters.filter:
        tests["filter"] = _of_file(table, filters.filter)
    if filters.kind:
        tests["kind"] = _coded(KIND, lut(table, KIND, filters.kind))
    if filters.status:
        tests["status"] = _status(table, filters)
    return tests


Luts = Mapping[str, Mapping[str, Mask]]
"""For each field, the columns that may satisfy it, and which of their words do."""


def transcript_luts(table: OpenTable, filters: Filters) -> Luts:
    """What gene, consequence and impact demand of a transcript."""
    luts: dict[str, Mapping[str, Mask]] = {}
    if filters.gene:
        luts["gene"] = {
            name: lut(table, name, filters.gene, fold=True) for name in ("symbol", "gene")
        }
    if filters.consequence:
        wanted = set(filters.consequence)
        has = [bool(wanted & set(word.split("&"))) for word in table.words["consequence"]]
        luts["consequence"] = {"consequence": np.array([*has, False])}
    if filters.impact:
        luts["impact"] = {"impact": lut(table, "impact", filters.impact)}
    return luts


def lut(
    table: OpenTable, name: str, wanted: Iterable[str], *, null: str = "", fold: bool = False
) -> Mask:
    """Which words of a coded column are wanted; the last place is that of null (code -1)."""
    texts = {text.casefold() if fold else text for text in wanted}
    has = ((word.casefold() if fold else word) in texts for word in table.words[name])
    return np.array([*has, bool(null) and null in texts])


def entry_mask(batch: pa.RecordBatch, luts: Luts) -> Mask:
    """Which transcripts of a batch satisfy all fields."""
    mask = np.ones(len(batch.column(of_any("impact")).values), np.bool_)
    for columns in luts.values():
        either = np.zeros(len(mask), np.bool_)
        for name, words in columns.items():
            either |= words[batch.column(of_any(name)).values.to_numpy()]
        mask &= either
    return mask


def of_entries(batch: pa.RecordBatch, entries: Mask) -> Mask:
    """Which rows of a batch have such a transcript."""
    offsets = batch.column(of_any("impact")).offsets.to_numpy()
    before = np.concatenate([[0], np.cumsum(entries)])
    mask: Mask = before[offsets[1:]] > before[offsets[:-1]]
    return mask


def _of_picked(columns: Mapping[str, Mask]) -> Test:
    def test(batch: pa.RecordBatch) -> Mask:
        mask = np.zeros(len(batch), np.bool_)
        for name, words in columns.items():
            mask |= words[batch.column(name).to_numpy()]
        return mask

    return test


def _coded(name: str, words: Mask) -> Test:
    def test(batch: pa.RecordBatch) -> Mask:
        mask: Mask = words[batch.column(name).to_numpy()]
        return mask

    return test


def _of_file(table: OpenTable, wanted: Iterable[str]) -> Test:
    """FILTER, which is coded unless it is too various."""
    if "filter" in table.words:
        return _coded("filter", lut(table, "filter", wanted, null="."))
    texts = pa.array([None if text == "." else text for text in wanted], pa.string())
    return lambda batch: truth(pc.is_in(batch.column("filter"), value_set=texts))


def _regions(table: OpenTable, regions: Iterable[Region]) -> Test:
    wanted = [(contig_lut(table, region), *_span(table, region)) for region in regions]

    def test(batch: pa.RecordBatch) -> Mask:
        contigs = batch.column("chrom").to_numpy()
        start, end = numbers(batch.column("pos")), batch.column(END).to_numpy()
        mask = np.zeros(len(batch), np.bool_)
        for words, first, last in wanted:
            here = words[contigs]
            # A whole contig has the records without a position too.
            mask |= here & (start <= last) & (end >= first) if first else here
        return mask

    return test


def contig_lut(table: OpenTable, region: Region) -> Mask:
    """Which contigs are meant: the name as it is written, else with or without `chr`."""
    names = table.words["chrom"]
    for wanted in (region.text, region.contig):
        if wanted in names:
            return lut(table, "chrom", [wanted])
    return np.array([*(_plain(name) == _plain(region.contig) for name in names), False])


def _span(table: OpenTable, region: Region) -> tuple[float, float]:
    if region.text in table.words["chrom"] or region.start is None:
        return 0, np.inf
    return region.start, np.inf if region.end is None else region.end


def _plain(contig: str) -> str:
    name = re.sub(r"(?i)^chr", "", contig).upper()
    return "MT" if name == "M" else name


def _frequency(dictionary: Dictionary, filters: Filters) -> Test:
    if not dictionary.has_frequency:
        name = "af_max" if filters.af_max is not None else "af_min"
        raise refused(name, "this table has no allele frequencies.")
    low = filters.af_min
    high = filters.af_max

    def test(batch: pa.RecordBatch) -> Mask:
        values = batch.column(FREQUENCY).to_numpy()
        mask = np.ones(len(values), np.bool_)
        if low is not None and low > 0:
            mask &= values >= low
        if high is not None:
            mask &= ~(values > high)
        return mask

    return test


def _clinvar(table: OpenTable, filters: Filters) -> Test:
    name = table.dictionary.clinvar
    if name is None:
        raise refused("clinvar", "this table has no column of ClinVar's.")
    return _coded(name, lut(table, name, filters.clinvar, null=".", fold=True))


def _carriers(dictionary: Dictionary, filters: Filters) -> Test:
    if not dictionary.samples:
        raise refused("sample", "this table does not tell who carries what.")
    numbered = {name: i for i, name in enumerate(dictionary.samples, 1)}
    unknown = [name for name in filters.sample if name not in numbered]
    if unknown:
        first = ", ".join(dictionary.samples[:5])
        raise refused(
            "sample", f"there is no sample {unknown[0]!r}.", remedy=f"There are: {first} …"
        )
    wanted = np.array([numbered[name] for name in filters.sample], np.int32)
    columns = {
        Genotype.HET: ("het",),
        Genotype.HOM: ("hom",),
    }.get(filters.genotype, ("het", "hom"))

    def test(batch: pa.RecordBatch) -> Mask:
        mask = np.zeros(len(batch), np.bool_)
        for name in columns:
            mask |= _holds(batch.column(name), wanted)
        return ~mask if filters.genotype is Genotype.NONE else mask

    return test


def _holds(lists: Any, wanted: Any) -> Mask:
    """Which lists hold any of the numbers."""
    values, offsets = lists.values.to_numpy(), lists.offsets.to_numpy()
    hits = np.zeros(len(values), np.bool_)
    for number in wanted:
        hits |= values == number
    rows = np.searchsorted(offsets, np.flatnonzero(hits), side="right") - 1
    mask = np.zeros(len(lists), np.bool_)
    mask[rows] = True
    return mask


def _status(table: OpenTable, filters: Filters) -> Test:
    known = {*STATUSES, *table.words["reason"]}
    unknown = [word for word in filters.status if word not in known]
    if unknown:
        raise refused("status", f"one of {', '.join(sorted(known))}, not {unknown[0]!r}.")
    status = lut(table, "status", filters.status)
    reason = lut(table, "reason", filters.status)

    def test(batch: pa.RecordBatch) -> Mask:
        mask: Mask = status[batch.column("status").to_numpy()]
        mask |= reason[batch.column("reason").to_numpy()]
        return mask

    return test
