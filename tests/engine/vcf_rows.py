"""The rows of a table, read from an annotated VCF: the table told again, in plain Python."""

from __future__ import annotations

import gzip
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from anntools.labels import CSQ_FIELDS
from anntools.spec.genotype import carriers
from anntools.table.schema import ALLELE_COLUMNS, NESTED_COLUMNS, store_columns

Row = dict[str, Any]
Stores = Sequence[Mapping[str, Any]]


def vcf_lines(path: Path) -> Iterator[str]:
    """Record lines, without line ends."""
    data = path.read_bytes()
    text = gzip.decompress(data) if data[:2] == b"\x1f\x8b" else data
    for line in text.split(b"\n"):
        if line.strip() and not line.startswith(b"#"):
            yield line.removesuffix(b"\r").decode("utf-8", "replace")


def rows_of(path: Path, stores: Stores) -> Iterator[Row]:
    """Rows of an annotated VCF, in order; ``reason`` and ``raw`` are not in it and left out."""
    for number, line in enumerate(vcf_lines(path), 1):
        columns = line.split("\t")
        info = _info(columns[7]) if len(columns) > 7 else {}
        if "CSQ" in info:
            yield from _annotated(number, columns, info, stores)
        else:
            row = _empty(stores) | _record(number, columns) | {"status": "skipped"}
            yield row | {"alt": _or_none(columns, 4), "alt_index": 1}


def _info(text: str) -> dict[str, str]:
    return dict(part.partition("=")[::2] for part in text.split(";"))


def _or_none(columns: list[str], i: int) -> str | None:
    return columns[i] if len(columns) > i and columns[i] not in (".", "") else None


def _empty(stores: Stores) -> Row:
    names = [c.name for c in (*ALLELE_COLUMNS, *store_columns(stores))]
    return dict.fromkeys(names) | {"transcripts": []}


def _record(number: int, columns: list[str]) -> Row:
    qual = _or_none(columns, 5)
    pos = _or_none(columns, 1)
    return {
        "record": number,
        "chrom": _or_none(columns, 0),
        "pos": int(pos) if pos and pos.isdigit() else None,
        "id": _or_none(columns, 2),
        "ref": _or_none(columns, 3),
        "qual": float(qual) if qual else None,
        "filter": _or_none(columns, 6),
    }


def _annotated(
    number: int, columns: list[str], info: dict[str, str], stores: Stores
) -> Iterator[Row]:
    alts = columns[4].split(",")
    entries = [dict(zip(CSQ_FIELDS, e.split("|"), strict=True)) for e in info["CSQ"].split(",")]
    groups: list[list[dict[str, str]]] = []
    for entry in entries:
        if groups and groups[-1][0]["Allele"] == entry["Allele"]:
            groups[-1].append(entry)
        else:
            groups.append([entry])
    classes = info["positionType"].split(",")
    exact = [(c.name, c.type) for c in store_columns(stores) if c.name in _keys(stores, "exact")]
    carried = carriers("".join(columns[8:9]), columns[9:], len(alts))
    for i, alt in enumerate(alts):
        row = _empty(stores) | _record(number, columns) | {"status": "annotated"}
        row |= {"alt": alt, "alt_index": i + 1} | carried[i]._asdict()
        if classes[i] != ".":
            row |= _allele(groups.pop(0)) | {"position_class": classes[i]}
            row |= {k: _typed(info[k].split(",")[i], kind) for k, kind in exact if k in info}
        row |= {
            key: ",".join(unquote(x) for x in info[key].split(","))
            for key in _keys(stores, "intervals")
            if key in info
        }
        yield row
    assert not groups


def _keys(stores: Stores, kind: str) -> list[str]:
    return [f["key"] for s in stores if s["kind"] == kind for f in s["fields"]]


def _typed(text: str, kind: str) -> Any:
    value = _decoded(text)
    if value is None or kind == "string":
        return value
    try:
        return float(value) if kind == "double" else int(value)
    except ValueError:
        return None


def _decoded(value: str) -> str | None:
    return None if value in (".", "") else unquote(value)


def _allele(entries: list[dict[str, str]]) -> Row:
    transcripts = [_transcript(e) for e in entries]
    picked = next(t for t in transcripts if t["pick"])
    row = {k: v for k, v in picked.items() if k != "pick"}
    row |= {"allele": entries[0]["Allele"], "hgvsg": entries[0]["HGVSg"] or None}
    return row | {"transcripts": transcripts}


def _transcript(entry: dict[str, str]) -> Row:
    values = {
        "consequence": entry["Consequence"],
        "impact": entry["IMPACT"],
        "symbol": _decoded(entry["SYMBOL"]),
        "gene": _decoded(entry["Gene"]),
        "feature_type": entry["Feature_type"] or None,
        "feature": _decoded(entry["Feature"]),
        "biotype": _decoded(entry["BIOTYPE"]),
        "hgvsc": _decoded(entry["HGVSc"]),
        "hgvsp": _decoded(entry["HGVSp"]),
        "amino_acids": entry["Amino_acids"] or None,
        "codons": entry["Codons"] or None,
        "strand": int(entry["STRAND"]) if entry["STRAND"] else None,
        "flags": entry["FLAGS"] or None,
        "canonical": entry["CANONICAL"] == "YES" if entry["Feature"] else None,
        "mane_select": _decoded(entry["MANE_SELECT"]),
        "distance": int(entry["DISTANCE"]) if entry["DISTANCE"] else None,
        "pick": entry["PICK"] == "1",
    }
    for name in ("exon", "intron"):
        place, _, count = entry[name.upper()].partition("/")
        first, last = _range(place)
        values |= {f"{name}_first": first, f"{name}_last": last}
        values[f"{name}_count"] = int(count) if count else None
    for name in ("cDNA", "CDS", "Protein"):
        first, last = _range(entry[f"{name}_position"])
        values |= {f"{name.lower()}_start": first, f"{name.lower()}_end": last}
    return {c.name: values[c.name] for c in NESTED_COLUMNS}


def _range(text: str) -> tuple[int | None, int | None]:
    first, dash, last = text.partition("-")
    numbers = [int(x) if x.isdigit() else None for x in (first, last if dash else first)]
    return numbers[0], numbers[1]
