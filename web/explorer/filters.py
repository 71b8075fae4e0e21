"""What the address of an explorer page asks for: read strictly, written canonically.

Every parameter of the query string is checked here and nowhere else; a wrong value is refused in
words that name the parameter. `View.query()` gives the shortest query string with the same
meaning, so that a link is the filtered view.
"""

import math
import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final, TypeVar
from urllib.parse import parse_qs, urlencode

from gas.errors import InvalidRequest

MOST_VALUES: Final = 200
"""Of one parameter."""
MOST_CHARS: Final = 200
"""Of one value."""
MOST_PAGES: Final = 999_999_999
PAGE_SIZES: Final = (25, 50, 100, 200)
PAGE_SIZE: Final = 50
MOST_POSITION: Final = 2**31 - 1


class Impact(StrEnum):
    """Impact classes, severest first."""

    HIGH = "HIGH"
    MODERATE = "MODERATE"
    LOW = "LOW"
    MODIFIER = "MODIFIER"


class Genotype(StrEnum):
    """How a chosen sample carries the allele."""

    ANY = "any"
    """Het or hom."""
    HET = "het"
    HOM = "hom"
    NONE = "none"
    """Not at all."""


class Kind(StrEnum):
    """Kinds of variants, as the summary counts them."""

    SNV = "snv"
    INSERTION = "insertion"
    DELETION = "deletion"
    SUBSTITUTION = "substitution"
    STRUCTURAL = "structural"


class Transcripts(StrEnum):
    """Of which transcripts gene, consequence and impact are asked."""

    PICKED = "picked"
    ANY = "any"


@dataclass(frozen=True)
class Region:
    """A part of a contig, 1-based, both ends included; without ends the whole contig."""

    contig: str
    start: int | None = None
    end: int | None = None
    text: str = ""
    """As it was written: a contig's name may itself look like `A:1`."""

    def __str__(self) -> str:
        if self.start is None:
            return self.contig
        if self.end is None:
            return f"{self.contig}:{self.start}-"
        return f"{self.contig}:{self.start}-{self.end}"


@dataclass(frozen=True)
class Filters:
    """Which alleles are wanted. Values of one field are alternatives; fields must all hold."""

    gene: tuple[str, ...] = ()
    """Symbols or stable ids, upper or lower case."""
    region: tuple[Region, ...] = ()
    consequence: tuple[str, ...] = ()
    """Terms of the Sequence Ontology."""
    impact: tuple[Impact, ...] = ()
    af_min: float | None = None
    af_max: float | None = None
    """Allele frequency at most; an allele of unknown frequency counts as rare."""
    clinvar: tuple[str, ...] = ()
    sample: tuple[str, ...] = ()
    genotype: Genotype = Genotype.ANY
    qual_min: float | None = None
    filter: tuple[str, ...] = ()
    """Values of FILTER; `.` is none."""
    kind: tuple[Kind, ...] = ()
    status: tuple[str, ...] = ()
    """`annotated`, `skipped`, or a reason."""
    q: str = ""
    transcripts: Transcripts = Transcripts.PICKED

    def without(self, name: str) -> "Filters":
        """The same but for one field: what that field's facet is counted under."""
        return replace(self, **{name: getattr(Filters, name)})

    @property
    def active(self) -> Sequence[str]:
        """The fields that narrow the view down, as the parameters are called."""
        return tuple(
            name
            for name in _FIELDS
            if name not in ("transcripts", "genotype")
            and getattr(self, name) != getattr(Filters, name)
        )

    def pairs(self) -> Sequence[tuple[str, str]]:
        """As parameters, in a fixed order; what is at its default is left out."""
        return [
            (name, text)
            for name in _FIELDS
            if (value := getattr(self, name)) != getattr(Filters, name)
            for text in _written(value)
        ]


@dataclass(frozen=True)
class View:
    """A page of the explorer: filters, order, columns, place."""

    filters: Filters = Filters()
    sort: str = ""
    """A column; empty: the order of the file."""
    descending: bool = False
    page: int = 1
    size: int = PAGE_SIZE
    columns: tuple[str, ...] = ()
    """Names of the table's columns; empty: those that are shown by default."""

    def query(self, **changes: object) -> str:
        """The query string, canonical; `changes` replace fields of the view or its filters.

        A change of anything but the page leads to the first page.
        """
        return urlencode(self.changed(**changes).pairs())

    def changed(self, **changes: object) -> "View":
        """The view with other values, on its first page unless a page is given."""
        of_filters = {name: value for name, value in changes.items() if name in _FIELDS}
        of_view = {name: value for name, value in changes.items() if name not in _FIELDS}
        if changes and "page" not in changes:
            of_view["page"] = 1
        filters = replace(self.filters, **of_filters)  # type: ignore[arg-type]
        return replace(self, filters=filters, **of_view)  # type: ignore[arg-type]

    def pairs(self) -> Sequence[tuple[str, str]]:
        """As parameters, in a fixed order."""
        own: list[tuple[str, str]] = []
        if self.sort:
            own.append(("sort", f"-{self.sort}" if self.descending else self.sort))
        if self.columns:
            own.append(("columns", ",".join(self.columns)))
        if self.size != PAGE_SIZE:
            own.append(("size", str(self.size)))
        if self.page != 1:
            own.append(("page", str(self.page)))
        return [*self.filters.pairs(), *own]


_FIELDS: Final = tuple(Filters.__dataclass_fields__)
_OF_VIEW: Final = ("sort", "columns", "size", "page")
PARAMETERS: Final = (*_FIELDS, *_OF_VIEW)

Arguments = Mapping[str, Sequence[str]]
"""Parameters and their values, as `request.args.to_dict(flat=False)` gives them."""


def parse(arguments: Arguments, *, also: Collection[str] = ()) -> View:
    """What the query string asks for. Empty values, as forms send them, count as not given.

    `also`: names of further parameters, which the caller reads.

    Raises:
        InvalidRequest: a parameter is unknown or its value is wrong; the text names it.
    """
    given = _Given(arguments)
    given.refuse_unknown({*PARAMETERS, *also})
    sort = given.one("sort")
    filters = Filters(
        gene=given.words("gene"),
        region=tuple(_region(text) for text in given.split("region", _REGION_BREAK)),
        consequence=given.words("consequence"),
        impact=given.choices("impact", Impact, str.upper),
        af_min=given.number("af_min", 0, 1),
        af_max=given.number("af_max", 0, 1),
        clinvar=given.many("clinvar"),
        sample=given.many("sample"),
        genotype=given.choice("genotype", Genotype, Genotype.ANY),
        qual_min=given.number("qual_min", 0, 1e9),
        filter=given.many("filter"),
        kind=given.choices("kind", Kind, str.lower),
        status=given.words("status"),
        q=given.one("q"),
        transcripts=given.choice("transcripts", Transcripts, Transcripts.PICKED),
    )
    _check_together(filters)
    return View(
        filters=filters,
        sort=sort.removeprefix("-"),
        descending=sort.startswith("-") and len(sort) > 1,
        page=given.whole("page", 1, MOST_PAGES, default=1),
        size=_size(given),
        columns=given.words("columns"),
    )


def parse_query(query: str) -> View:
    """The view of a query string, as `View.query` writes it. Raises as `parse`."""
    return parse(parse_qs(query))


def _check_together(filters: Filters) -> None:
    low, high = filters.af_min, filters.af_max
    if low is not None and high is not None and low > high:
        raise refused("af_min", f"{low:g} is more than af_max, {high:g}.")
    if filters.genotype is not Genotype.ANY and not filters.sample:
        raise refused("genotype", "choose the samples it is asked of as well (sample).")


def refused(parameter: str, what: str, *, remedy: str = "") -> InvalidRequest:
    """The error for a wrong value."""
    return InvalidRequest(
        f"{parameter}: {what}", remedy=remedy or "Change the filter, or remove it from the address."
    )


_Choice = TypeVar("_Choice", bound=StrEnum)
_WORD_BREAK: Final = re.compile(r"[,;\s]+")
# 20:1,000-2,000 has commas of its own: those before three digits that end a number.
_REGION_BREAK: Final = re.compile(r"[;\s]+|,(?!\d{3}(?:[,\-;\s]|$))")


class _Given:
    """The parameters of a request."""

    def __init__(self, arguments: Arguments) -> None:
        self._arguments = arguments

    def refuse_unknown(self, known: Collection[str]) -> None:
        unknown = sorted(name for name in self._arguments if name not in known)
        if unknown:
            name = unknown[0][:MOST_CHARS]
            raise refused(name, "there is no such parameter.", remedy=f"There are: {_list(known)}.")

    def many(self, name: str) -> tuple[str, ...]:
        """All values, without repetitions."""
        return self._checked(name, (value.strip() for value in self._arguments.get(name, ())))

    def split(self, name: str, separator: re.Pattern[str]) -> tuple[str, ...]:
        """All values; one value may hold several."""
        values = self._arguments.get(name, ())
        if any(len(value) > MOST_VALUES * MOST_CHARS for value in values):
            raise refused(name, "the text is too long.")
        return self._checked(
            name, (part for value in values for part in separator.split(value.strip()))
        )

    def words(self, name: str) -> tuple[str, ...]:
        """All values; several may be written as one, with commas or blanks between them."""
        return self.split(name, _WORD_BREAK)

    def _checked(self, name: str, values: Iterable[str]) -> tuple[str, ...]:
        found = tuple(dict.fromkeys(value for value in values if value))
        if len(found) > MOST_VALUES:
            raise refused(name, f"at most {MOST_VALUES} values at once, not {len(found)}.")
        for value in found:
            _check_text(name, value)
        return found

    def one(self, name: str) -> str:
        found = [value.strip() for value in self._arguments.get(name, ()) if value.strip()]
        if len(found) > 1:
            raise refused(name, f"one value, not {len(found)}.")
        text = found[0] if found else ""
        _check_text(name, text)
        return text

    def choice(self, name: str, kind: type[_Choice], default: _Choice) -> _Choice:
        text = self.one(name).lower()
        return _member(name, text, kind) if text else default

    def choices(
        self, name: str, kind: type[_Choice], case: Callable[[str], str]
    ) -> tuple[_Choice, ...]:
        found = (_member(name, case(word), kind) for word in self.words(name))
        return tuple(dict.fromkeys(found))

    def number(self, name: str, low: float, high: float) -> float | None:
        text = self.one(name)
        if not text:
            return None
        try:
            value = float(text.replace(",", ".") if text.count(",") == 1 else text)
        except ValueError:
            value = math.nan
        if not low <= value <= high:
            raise refused(name, f"a number from {low:g} to {high:g}, not {text!r}.")
        return value

    def whole(self, name: str, low: int, high: int, *, default: int) -> int:
        text = self.one(name)
        if not text:
            return default
        if not re.fullmatch(r"[0-9]{1,9}", text) or not low <= int(text) <= high:
            raise refused(name, f"a whole number from {low} to {high:,}, not {text!r}.")
        return int(text)


def _size(given: _Given) -> int:
    size = given.whole("size", PAGE_SIZES[0], PAGE_SIZES[-1], default=PAGE_SIZE)
    if size not in PAGE_SIZES:
        raise refused("size", f"one of {', '.join(map(str, PAGE_SIZES))}, not {size}.")
    return size


def _check_text(name: str, text: str) -> None:
    if len(text) > MOST_CHARS:
        raise refused(name, f"a text of at most {MOST_CHARS} characters.")
    if any(ord(char) < 32 or 0xD800 <= ord(char) <= 0xDFFF for char in text):
        raise refused(name, "a text without control characters.")


def _member(name: str, text: str, kind: type[_Choice]) -> _Choice:
    try:
        return kind(text)
    except ValueError:
        raise refused(name, f"one of {', '.join(kind)}, not {text!r}.") from None


def _region(text: str) -> Region:
    """`20`, `20:100`, `20:100-200`, `20:100-`, with or without thousands separators."""
    contig, colon, span = text.rpartition(":")
    found = re.fullmatch(r"([0-9]{1,12})(-[0-9]{0,12})?", span.replace(",", "").replace("_", ""))
    if not colon or not contig:
        if text.startswith(":") or not text.strip(":"):
            raise refused("region", f"{text!r} names no contig; for example 20:1,000-2,000.")
        return Region(text, text=text)
    if not found:
        raise refused("region", f"{text!r} is no region; for example 20:1,000-2,000.")
    start = int(found[1])
    end = start if found[2] is None else int(found[2][1:]) if found[2] != "-" else None
    if start < 1 or (end is not None and end < start):
        raise refused("region", f"{text!r} ends before it starts, or starts before base 1.")
    start = min(start, MOST_POSITION)
    return Region(contig, start, end if end is None else min(end, MOST_POSITION), text=text)


def _written(value: object) -> Iterable[str]:
    if isinstance(value, tuple):
        return [text for item in value for text in _written(item)]
    if isinstance(value, float):
        return [repr(value) if not value.is_integer() else str(int(value))]
    return [str(value)]


def _list(names: Collection[str]) -> str:
    return ", ".join(name for name in dict.fromkeys((*PARAMETERS, *sorted(names))) if name in names)
