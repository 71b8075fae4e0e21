"""The rules for header lines: what every kind of meta line must say, and the #CHROM line.

Nothing here decides whether a file is annotated; it says what a conforming file would not have.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Final

from anntools.vcfio import rules as r
from anntools.vcfio.meta import Meta, MetaFault, read_meta
from anntools.vcfio.reserved import FORMAT, INFO, Reserved, reserved
from anntools.vcfio.rules import Finding, Version

_TYPES: Final = ("Integer", "Float", "Flag", "Character", "String")
_SV_TYPES: Final = ("DEL", "INS", "DUP", "INV", "CNV")
_ANY_ALLELE: Final = ("*", "NON_REF", "X")  # "some other base", as callers write it; no SV type
_CONTIG_43: Final = re.compile(r"[0-9A-Za-z!#$%&+./:;?@^_|~-][0-9A-Za-z!#$%&+./:;=?@^_|~-]*")
_CONTIG_44: Final = re.compile(r"[0-9A-Za-z!#$%&+./:;?@^_|~-][0-9A-Za-z!#$%&*+./:;=?@^_|~-]*")
_ID_43: Final = re.compile(r"[^\s,;*<>]+")
_URL: Final = re.compile(
    r"[A-Za-z][A-Za-z0-9+.-]*:/{2,3}(?:[^/@\s]*@)?"
    r"(?:[0-9]{1,3}(?:\.[0-9]{1,3}){3}|(?=[^/:]*[A-Za-z])[A-Za-z0-9._~-]+)?(?::[0-9]+)?(?:/\S*)?"
)
_STRUCTURED: Final = ("INFO", "FORMAT", "FILTER", "ALT", "contig", "META", "SAMPLE", "PEDIGREE")


@dataclass(slots=True)
class Declarations:
    """What the header declares, for judging the records: Number and Type per key."""

    version: Version = r.DEFAULT_VERSION
    info: dict[str, tuple[str, str]] = field(default_factory=dict)
    format: dict[str, tuple[str, str]] = field(default_factory=dict)
    columns: int = 0  # how many a record has, 0 if the #CHROM line does not tell
    ids: set[tuple[str, str]] = field(default_factory=set)


def judge_first_line(line: str) -> tuple[Version, list[Finding]]:
    """The version that ``##fileformat`` names, and what is wrong with that line."""
    value = line.removeprefix("##fileformat=")
    version = r.version_of(value)
    if version:
        return version, []
    found = Finding(
        "bad_fileformat",
        f"The version of the format is '{value}'; the file is read as VCFv4.2.",
        len("##fileformat=") + 1,
        r.FILEFORMAT,
        value,
        "VCFv4.1 to VCFv4.5",
    )
    return r.DEFAULT_VERSION, [found]


def judge_meta(line: str, known: Declarations) -> Iterator[Finding]:
    """What is wrong with one meta line; what it declares is added to ``known``."""
    if known.version < (4, 0) and "=<" not in line:
        return  # VCF 3 wrote ##INFO=NS,1,Integer,"Number of samples"
    try:
        meta = read_meta(line)
    except MetaFault as fault:
        key = line[2:].partition("=")[0]
        if key == "pedigreeDB":
            yield from _judge_url(Meta(key, line.partition("=")[2].strip("<>")), r.PEDIGREE_LINE)
        elif key in _STRUCTURED or known.version >= (4, 3) or "=<" not in line:
            yield Finding("bad_meta_line", fault.message, fault.column, r.META, line)
        return
    if meta.key in ("assembly", "pedigreeDB"):
        paragraph = r.ASSEMBLY_LINE if meta.key == "assembly" else r.PEDIGREE_LINE
        yield from _judge_url(meta, paragraph)
        return
    if meta.attributes is None:
        if meta.key in _STRUCTURED:
            yield Finding(
                "bad_meta_line",
                f"##{meta.key} should be ##{meta.key}=<ID=...>.",
                len(meta.key) + 4,
                r.META,
                meta.value,
            )
        return
    yield from _judge_id(meta, known)
    judge = _JUDGES.get(meta.key)
    if judge:
        yield from judge(meta, known)


def _judge_id(meta: Meta, known: Declarations) -> Iterator[Finding]:
    name = meta.get("ID")
    needs = meta.key in _STRUCTURED and (meta.key != "PEDIGREE" or known.version >= (4, 3))
    if not name:
        if needs or known.version >= (4, 3):
            yield _line_finding("missing_id", f"##{meta.key} has no ID.", meta, r.META)
        return
    if (meta.key, name) in known.ids and known.version >= (4, 3):
        yield _line_finding("duplicate_id", f"##{meta.key} has the ID {name} twice.", meta, r.META)
    known.ids.add((meta.key, name))


def _judge_field(meta: Meta, known: Declarations) -> Iterator[Finding]:
    """``##INFO`` and ``##FORMAT``."""
    table, store = (INFO, known.info) if meta.key == "INFO" else (FORMAT, known.format)
    paragraph = r.INFO_LINE if meta.key == "INFO" else r.FORMAT_LINE
    yield from _judge_order(meta, ("ID", "Number", "Type", "Description"), paragraph)
    number, kind = meta.get("Number"), meta.get("Type")
    if number is not None:
        yield from _judge_number(meta, number, known.version, paragraph)
    types = _TYPES if meta.key == "INFO" else tuple(t for t in _TYPES if t != "Flag")
    if kind is not None and kind not in types:
        yield _line_finding(
            "bad_type", f"{_of(meta)}: Type is '{kind}'.", meta, paragraph, kind, ", ".join(types)
        )
    yield from _judge_description(meta, paragraph)
    name = meta.get("ID")
    if name and number and kind:
        store.setdefault(name, (number, kind))
        entry = reserved(table, name, known.version)
        if entry:
            yield from _judge_reserved(meta, entry, number, kind, paragraph)


def _judge_reserved(
    meta: Meta, entry: Reserved, number: str, kind: str, paragraph: str
) -> Iterator[Finding]:
    of = _of(meta)
    if entry.number is not None and number != entry.number:
        message = f"{of} is reserved and has Number={entry.number}, not {number}."
        yield _line_finding("reserved_number", message, meta, paragraph, number, entry.number)
    if entry.type is not None and kind != entry.type:
        message = f"{of} is reserved and has Type={entry.type}, not {kind}."
        yield _line_finding("reserved_type", message, meta, paragraph, kind, entry.type)


def _judge_number(meta: Meta, number: str, version: Version, paragraph: str) -> Iterator[Finding]:
    letters = ["A", "G", "."]
    if version >= (4, 2):
        letters.append("R")
    if meta.key == "FORMAT" and version >= (4, 4):
        letters.append("P")
    if meta.key == "FORMAT" and version >= (4, 5):
        letters += ["LA", "LR", "LG", "M"]
    if number in letters or number.isdecimal() or (number == "-1" and version < (4, 0)):
        return
    expected = ", ".join(["a whole number", *letters])
    message = f"{_of(meta)}: Number is '{number}'."
    yield _line_finding("bad_number", message, meta, paragraph, number, expected)


def _judge_description(meta: Meta, paragraph: str) -> Iterator[Finding]:
    for attribute in meta.attributes or ():
        if attribute.key == "Description" and not attribute.quoted:
            yield Finding(
                "unquoted_description",
                f"{_of(meta)}: the Description must stand in double quotes.",
                attribute.column,
                paragraph,
                attribute.value,
            )


def _judge_order(meta: Meta, wanted: tuple[str, ...], paragraph: str) -> Iterator[Finding]:
    """The attributes that must be there, first and in this order."""
    keys = [a.key for a in meta.attributes or ()]
    missing = [key for key in wanted if key not in keys]
    if missing:
        message = f"{_of(meta)} has no {' and no '.join(missing)}."
        yield _line_finding("missing_attribute", message, meta, paragraph, "", ", ".join(wanted))
    elif keys[: len(wanted)] != list(wanted):
        message = f"{_of(meta)}: the order is {', '.join(wanted)}."
        yield _line_finding("wrong_order", message, meta, paragraph, ", ".join(keys))


def _judge_filter(meta: Meta, known: Declarations) -> Iterator[Finding]:
    yield from _judge_order(meta, ("ID", "Description"), r.FILTER_LINE)
    yield from _judge_description(meta, r.FILTER_LINE)


def _judge_alt(meta: Meta, known: Declarations) -> Iterator[Finding]:
    keys = [a.key for a in meta.attributes or ()]
    between = tuple(key for key in ("Number", "Type") if key in keys)
    yield from _judge_order(meta, ("ID", *between, "Description"), r.ALT_LINE)
    number, kind = meta.get("Number"), meta.get("Type")
    if number is not None:
        yield from _judge_number(meta, number, known.version, r.ALT_LINE)
    if kind is not None and kind not in _TYPES:
        message = f"{_of(meta)}: Type is '{kind}'."
        yield _line_finding("bad_type", message, meta, r.ALT_LINE, kind, ", ".join(_TYPES))
    yield from _judge_description(meta, r.ALT_LINE)
    name = meta.get("ID") or ""
    if re.search(r"[\s<>,]", name):
        message = f"##ALT: the ID '{name}' has a blank, a comma or an angle bracket."
        yield _line_finding("bad_id", message, meta, r.ALT_LINE, name)
        return
    first, colon, _ = name.partition(":")
    free = not colon if known.version >= (4, 3) else name in _ANY_ALLELE
    if name and first not in _SV_TYPES and not free:
        message = f"##ALT: the ID '{name}' does not begin with a type of structural variant."
        yield _line_finding("bad_id", message, meta, r.ALT_LINE, name, ", ".join(_SV_TYPES))


def _judge_contig(meta: Meta, known: Declarations) -> Iterator[Finding]:
    name = meta.get("ID") or ""
    if name and not contig_name_fits(name, known.version):
        message = f"##contig: the name '{name}' has a character that names may not have."
        yield _line_finding("bad_contig_name", message, meta, r.CONTIG_LINE, name)


def contig_name_fits(name: str, version: Version) -> bool:
    """Whether a contig may have this name.

    The test files of the specification refuse ``*`` anywhere in 4.3, where the text now allows it
    after the first character; versions until 4.2 only exclude blanks, commas and angle brackets.
    """
    if version >= (4, 4):
        return _CONTIG_44.fullmatch(name) is not None
    if version >= (4, 3):
        return _CONTIG_43.fullmatch(name) is not None
    return not re.search(r"[\s,<>]", name)


def _judge_sample(meta: Meta, known: Declarations) -> Iterator[Finding]:
    name = meta.get("ID") or ""
    bad = re.search(r"\s", name) if known.version < (4, 3) else not _ID_43.fullmatch(name)
    if name and bad:
        message = f"##SAMPLE: the ID '{name}' has a blank or another character it may not have."
        yield _line_finding("bad_id", message, meta, r.SAMPLE_LINE, name)
    if known.version >= (4, 3):
        return
    if meta.get("Genomes") is None:
        message = f"{_of(meta)} has no Genomes."
        yield _line_finding("missing_attribute", message, meta, r.SAMPLE_LINE)
    for attribute in meta.attributes or ():
        if attribute.quoted and attribute.key != "Description":
            message = f"{_of(meta)}: {attribute.key} must not stand in double quotes."
            yield Finding("quoted_value", message, attribute.column, r.SAMPLE_LINE)


def _judge_pedigree(meta: Meta, known: Declarations) -> Iterator[Finding]:
    for attribute in meta.attributes or ():
        if not attribute.quoted and re.search(r"[\s:;*<>]", attribute.value):
            message = f"##PEDIGREE: '{attribute.value}' is no name of a genome."
            yield Finding("bad_id", message, attribute.column, r.PEDIGREE_LINE, attribute.value)


def _judge_meta_meta(meta: Meta, known: Declarations) -> Iterator[Finding]:
    keys = tuple(a.key for a in meta.attributes or ())
    if keys[:1] != ("ID",) or set(keys[1:4]) != {"Number", "Type", "Values"}:
        message = f"{_of(meta)}: it is ID, then Type, Number and Values."
        yield _line_finding("wrong_order", message, meta, r.SAMPLE_LINE, ", ".join(keys))
    number, kind, values = meta.get("Number"), meta.get("Type"), meta.get("Values")
    if number is not None:
        yield from _judge_number(meta, number, known.version, r.SAMPLE_LINE)
    if kind is not None and kind not in _TYPES:
        message = f"{_of(meta)}: Type is '{kind}'."
        yield _line_finding("bad_type", message, meta, r.SAMPLE_LINE, kind, ", ".join(_TYPES))
    if values is not None and not (values.startswith("[") and values.endswith("]")):
        message = f"{_of(meta)}: Values must stand in square brackets."
        yield _line_finding("bad_values", message, meta, r.SAMPLE_LINE, values)


_JUDGES: Final[dict[str, Callable[[Meta, Declarations], Iterator[Finding]]]] = {
    "INFO": _judge_field,
    "FORMAT": _judge_field,
    "FILTER": _judge_filter,
    "ALT": _judge_alt,
    "contig": _judge_contig,
    "SAMPLE": _judge_sample,
    "PEDIGREE": _judge_pedigree,
    "META": _judge_meta_meta,
}


def _judge_url(meta: Meta, paragraph: str) -> Iterator[Finding]:
    if not _URL.fullmatch(meta.value):
        message = f"##{meta.key}: '{meta.value}' is no URL."
        yield Finding("bad_url", message, len(meta.key) + 4, paragraph, meta.value)


def judge_columns(line: str, known: Declarations) -> Iterator[Finding]:
    """What is wrong with the #CHROM line beyond its first eight columns."""
    columns = line.split("\t")
    if len(columns) == 8:
        return
    at = len("\t".join(columns[:8])) + 2
    if columns[8] != "FORMAT":
        message = f"The ninth column is '{columns[8]}' instead of FORMAT."
        yield Finding("bad_column_header", message, at, r.HEADER_LINE, columns[8], "FORMAT")
        return
    if len(columns) == 9:
        message = "There is a FORMAT column and no sample."
        yield Finding("no_samples", message, at, r.HEADER_LINE, "", "at least one sample")
    seen: set[str] = set()
    at += len("FORMAT\t")
    for name in columns[9:]:
        if not name:
            yield Finding("empty_sample", "A sample has no name.", at, r.HEADER_LINE)
        elif name in seen:
            message = f"Two samples have the name '{name}'."
            yield Finding("duplicate_sample", message, at, r.HEADER_LINE, name)
        seen.add(name)
        at += len(name) + 1


def _of(meta: Meta) -> str:
    return f"##{meta.key} {meta.get('ID') or ''}".rstrip()


def _line_finding(
    code: str, message: str, meta: Meta, paragraph: str, found: str = "", expected: str = ""
) -> Finding:
    return Finding(code, message, len(meta.key) + 4, paragraph, found, expected)
