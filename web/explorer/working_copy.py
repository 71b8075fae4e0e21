"""The working copy: a table in a form that can be filtered in milliseconds.

A Parquet file is small because it is packed; each question would unpack it again. So on first
opening it is unpacked once into an uncompressed Arrow file, which is mapped, not read: a question
touches only the columns it is about, and the operating system keeps them in memory as long as it
has room. Texts of few different values (genes, consequences) become numbers of a list of words.

Arrow file, one batch per row group of the table:
  each flat column    as in the table; coded ones as int32, -1 for null
  het, hom            list<int32>, as in the table, if it has them
  ~consequence, ~impact, ~symbol, ~gene    list<int32>: words of all transcripts of the row
  ~end                int32: last base of REF, 1-based; -1 without a position
  ~kind               int32: word of the kind of variant, -1 for none
  ~frequency          double: the allele frequency that filters look at, NaN: not known
  ~text               string: what the free text is looked for in, in lower case, a line for each
words.json holds the words of each coded column. FILTER is a plain text where it is hardly ever the
same twice: as words it would fill the memory of the process.
"""

import json
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from web.explorer.dictionary import CARRIERS, TRANSCRIPTS, Dictionary, read_dictionary
from web.explorer.filters import Kind

ARROW: Final = "columns.arrow"
WORDS: Final = "words.json"
END: Final = "~end"
KIND: Final = "~kind"
FREQUENCY: Final = "~frequency"
TEXT: Final = "~text"
OF_TRANSCRIPTS: Final = ("consequence", "impact", "symbol", "gene")

_CODED: Final = (
    *("chrom", "filter", "status", "reason", "position_class", *OF_TRANSCRIPTS),
    *("feature_type", "feature", "biotype", "flags", "mane_select"),
)

_OWN_WORDS: Final = "filter"
"""A coded column whose words are the file's own."""
_MOST_OWN_WORDS: Final = 20_000
_MOST_OWN_CHARS: Final = 2_000_000
_PART: Final = 8192
"""Rows that are unpacked at once before it is known how large they are."""

_SEARCHED: Final = ("id", "hgvsg", "hgvsc", "hgvsp")

Codes = npt.NDArray[np.int32]


def of_any(name: str) -> str:
    """The list column with a value of all transcripts."""
    return f"~{name}"


def open_source(path: Path) -> pq.ParquetFile:
    """A table of the engine; coded columns are read as words and codes."""
    nested = [f"{TRANSCRIPTS}.list.element.{name}" for name in OF_TRANSCRIPTS]
    return pq.ParquetFile(path, read_dictionary=[*_CODED, *nested], memory_map=True)


def write(source: Path, folder: Path, room: Callable[[int], None] = lambda size: None) -> None:
    """Make the working copy of the table `source` in `folder`; memory: one row group.

    `room` is told how many bytes it will have, again and again before they are written, and may
    raise; a small table may unpack to a very large one.

    Raises:
        pyarrow.ArrowInvalid: the file is no table.
    """
    try:
        _write(source, folder, _CODED, room)
    except _TooManyWords:
        _write(source, folder, [name for name in _CODED if name != _OWN_WORDS], room)


def _write(source: Path, folder: Path, codable: Sequence[str], room: Callable[[int], None]) -> None:
    table = open_source(source)
    dictionary = read_dictionary(table.schema_arrow)
    lists = [name for name in CARRIERS if dictionary.samples]
    flat = [column.name for column in dictionary.columns]
    coded = [name for name in flat if name in codable or name == dictionary.clinvar]
    book = _Words([*coded, KIND])
    book.codes(KIND, pa.array([str(kind) for kind in Kind]))
    writer = None
    with pa.OSFile(str(folder / ARROW), "wb") as sink:
        for group in range(table.num_row_groups):
            so_far = sink.tell() + book.chars
            read = _read(table, group, [*flat, *lists], room, so_far)
            batch = _batch(table, group, read, coded, dictionary, book)
            room(sink.tell() + batch.nbytes + book.chars)
            writer = writer or pa.ipc.new_file(sink, batch.schema)
            writer.write_batch(batch)
        if writer is not None:
            writer.close()
    (folder / WORDS).write_text(json.dumps(book.words))


def _read(
    table: pq.ParquetFile,
    group: int,
    names: Sequence[str],
    room: Callable[[int], None],
    size: int,
) -> pa.Table:
    """A row group, part by part, so that it can be given up before all of it is in memory."""
    parts = []
    for part in table.iter_batches(_PART, row_groups=[group], columns=names):
        size += part.nbytes
        room(size)
        parts.append(part)
    return pa.Table.from_batches(parts)


class _TooManyWords(Exception):
    """A column whose words are the file's own has too many different ones."""


class _Words:
    """Numbers for the different texts of each coded column, in order of appearance."""

    def __init__(self, names: Sequence[str]) -> None:
        self.words: dict[str, list[str]] = {name: [] for name in names}
        self._numbers: dict[str, dict[str, int]] = {name: {} for name in names}
        self._own_chars = 0
        self.chars = 0
        """Of all words."""

    def codes(self, name: str, values: pa.Array) -> Codes:
        """The codes of texts; -1 for null.

        Raises:
            _TooManyWords: they are the file's own, and too many or too long.
        """
        if not pa.types.is_dictionary(values.type):
            values = pc.dictionary_encode(values)
        numbers, words = self._numbers[name], self.words[name]
        lut = np.empty(len(values.dictionary) + 1, np.int32)
        for i, word in enumerate(values.dictionary.to_pylist()):
            if word not in numbers:
                numbers[word] = len(words)
                words.append(word)
                self.chars += len(word)
                if name == _OWN_WORDS:
                    self._check(len(words), len(word))
            lut[i] = numbers[word]
        lut[-1] = -1
        codes: Codes = lut[pc.fill_null(values.indices, len(values.dictionary)).to_numpy()]
        return codes

    def _check(self, words: int, added: int) -> None:
        self._own_chars += added
        if words > _MOST_OWN_WORDS or self._own_chars > _MOST_OWN_CHARS:
            raise _TooManyWords


def _batch(
    table: pq.ParquetFile,
    group: int,
    read: pa.Table,
    coded: Sequence[str],
    dictionary: Dictionary,
    book: _Words,
) -> pa.RecordBatch:
    """A row group, of which the flat columns have been `read`, in the form of the working copy."""
    columns: dict[str, pa.Array] = {}
    for name in read.column_names:
        column = _whole(read.column(name))
        if name in coded:
            column = pa.array(book.codes(name, column))
        elif pa.types.is_dictionary(column.type):
            column = column.cast(pa.string())
        columns[name] = column
    columns[END] = pc.fill_null(
        pc.cast(
            pc.add(columns["pos"], pc.subtract(pc.binary_length(columns["ref"]), 1)), pa.int32()
        ),
        -1,
    )
    columns[KIND] = pa.array(_kinds(columns["ref"], columns["alt"]))
    if dictionary.has_frequency:
        columns[FREQUENCY] = pa.array(_frequency(columns, dictionary))
    texts = [columns[name] for name in (*_SEARCHED, *dictionary.known_ids)]
    columns[TEXT] = _text([column.cast(pa.string()) for column in texts])
    for name, column in _of_transcripts(table, group):
        codes = pa.array(book.codes(name, column.values), pa.int32())
        columns[of_any(name)] = pa.ListArray.from_arrays(column.offsets, codes)
    return pa.record_batch(columns)


def _of_transcripts(table: pq.ParquetFile, group: int) -> Iterator[tuple[str, pa.ListArray]]:
    wanted = [f"{TRANSCRIPTS}.list.element.{name}" for name in OF_TRANSCRIPTS]
    lists = _whole(table.read_row_group(group, columns=wanted).column(TRANSCRIPTS))
    for name in OF_TRANSCRIPTS:
        yield name, pa.ListArray.from_arrays(lists.offsets, lists.values.field(name))


def _whole(column: pa.ChunkedArray) -> Any:
    return column.chunk(0) if column.num_chunks == 1 else column.combine_chunks()


def _kinds(ref: pa.Array, alt: pa.Array) -> Codes:
    """Kind of each allele, as the engine's summary counts them; -1 where it has none."""
    old, new = (pc.fill_null(pc.binary_length(each), 0).to_numpy() for each in (ref, alt))
    code = {kind: i for i, kind in enumerate(Kind)}
    kinds = np.full(len(old), code[Kind.SUBSTITUTION], np.int32)
    kinds[(old == 1) & (new == 1)] = code[Kind.SNV]
    kinds[new > old] = code[Kind.INSERTION]
    kinds[new < old] = code[Kind.DELETION]
    kinds[_matches(alt, r"[<>\[\].]")] = code[Kind.STRUCTURAL]
    kinds[pc.is_null(alt).to_numpy(zero_copy_only=False) | _matches(alt, r"^\*$")] = -1
    return kinds


def _text(columns: Sequence[pa.Array]) -> pa.Array:
    # null_handling="skip" gives too few values where rows have only nulls (pyarrow 26)
    together = pc.binary_join_element_wise(*(pc.fill_null(each, "") for each in columns), "\n")
    return pc.utf8_lower(together)


def _matches(texts: pa.Array, pattern: str) -> npt.NDArray[np.bool_]:
    found = pc.fill_null(pc.match_substring_regex(texts, pattern), fill_value=False)
    return np.asarray(found.to_numpy(zero_copy_only=False), np.bool_)


def _frequency(columns: dict[str, pa.Array], dictionary: Dictionary) -> npt.NDArray[np.float64]:
    """The highest frequency of the populations; without any, that in the file's genotypes."""
    if dictionary.frequencies:
        values = [_numbers(columns[name]) for name in dictionary.frequencies]
        return np.asarray(np.fmax.reduce(values))
    count, called = _numbers(columns["ac"]), _numbers(columns["an"])
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(called > 0, count / called, np.nan)


def _numbers(column: pa.Array) -> npt.NDArray[np.float64]:
    """Values as floats; NaN for null."""
    return np.asarray(
        pc.fill_null(column.cast(pa.float64()), np.nan).to_numpy(zero_copy_only=False)
    )
