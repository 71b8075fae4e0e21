"""The columns of a table: what the file itself says of them, and which of them filters look at."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import pyarrow as pa

TRANSCRIPTS: Final = "transcripts"
CARRIERS: Final = ("het", "hom")
"""Lists of samples: 1-based numbers of those that carry the allele."""

_FREQUENCY: Final = re.compile(r"(?i)(?:.*[_.])?(?:AF|AF_[a-z0-9]+|MAF)")
_CLINVAR: Final = re.compile(r"(?i)(?:.*_)?(?:CLN|CLINVAR_)SIG")
_KNOWN_ID: Final = re.compile(r"(?i)(?:.*_)?(?:RS|RSID|RS_ID)|rs|dbsnp(?:_id)?")
_NUMBERS: Final = frozenset({"int32", "int64", "double"})

#: What a table shows unless columns are chosen; what it does not have is left out.
_SHOWN: Final = ("chrom", "pos", "ref", "alt", "symbol", "consequence", "impact", "hgvsp", "hgvsc")
_SHOWN_LAST: Final = ("id", "qual", "filter")


@dataclass(frozen=True)
class Column:
    """One column, as the table's own dictionary tells it."""

    name: str
    type: str
    """`string`, `int32`, `int64`, `double` or `bool`."""
    unit: str = ""
    meaning: str = ""
    source: str = ""

    @property
    def is_number(self) -> bool:
        return self.type in _NUMBERS


@dataclass(frozen=True)
class Dictionary:
    """All columns of a table but the lists, and what they are good for."""

    columns: Sequence[Column]
    samples: Sequence[str] = ()
    """Names of the samples, if the table knows who carries what."""
    transcript_columns: Sequence[Column] = ()
    version: str = ""
    pack: str = ""

    @property
    def names(self) -> Sequence[str]:
        return [column.name for column in self.columns]

    @property
    def by_name(self) -> Mapping[str, Column]:
        return {column.name: column for column in self.columns}

    @property
    def frequencies(self) -> Sequence[str]:
        """Columns with allele frequencies of a population: the pack's or an overlay's."""
        return [c.name for c in self.columns if c.type == "double" and _FREQUENCY.fullmatch(c.name)]

    @property
    def own_frequency(self) -> bool:
        """Whether the file's own genotypes tell a frequency (`ac` / `an`)."""
        return bool(self.samples) and {"ac", "an"} <= set(self.names)

    @property
    def has_frequency(self) -> bool:
        """Whether `af_min` and `af_max` can be asked."""
        return bool(self.frequencies) or self.own_frequency

    @property
    def clinvar(self) -> str | None:
        """The column with ClinVar's significance."""
        return next((n for n in self.names if _CLINVAR.fullmatch(n)), None)

    @property
    def known_ids(self) -> Sequence[str]:
        """Columns in which ids of known variants stand, besides `id`."""
        return [n for n in self.names if _KNOWN_ID.fullmatch(n)]

    @property
    def shown(self) -> Sequence[str]:
        """The columns that are shown by default."""
        known = [*([self.clinvar] if self.clinvar else []), *self.frequencies[:2]]
        own = ["ac", "an"] if self.own_frequency else []
        names = (*_SHOWN, *known, *own, *_SHOWN_LAST)
        return [name for name in names if name in self.by_name]


def read_dictionary(schema: pa.Schema) -> Dictionary:
    """The dictionary of a table, from its metadata; columns it does not describe are there too."""
    told = {k.decode(): v.decode() for k, v in (schema.metadata or {}).items()}
    described = {entry["name"]: entry for entry in _json(told, "anntools.columns")}
    flat = [field for field in schema if not pa.types.is_list(field.type)]
    carriers = {field.name for field in schema if pa.types.is_list(field.type)}
    return Dictionary(
        columns=[_column(field.name, str(field.type), described) for field in flat],
        samples=_json(told, "anntools.samples") if set(CARRIERS) <= carriers else (),
        transcript_columns=[
            _column(entry["name"], entry["type"], {entry["name"]: entry})
            for entry in _json(told, "anntools.transcript_columns")
        ],
        version=told.get("anntools.version", ""),
        pack=told.get("anntools.pack", ""),
    )


def _json(told: Mapping[str, str], key: str) -> Any:
    return json.loads(told.get(key, "[]"))


def _column(name: str, arrow_type: str, described: Mapping[str, Mapping[str, str]]) -> Column:
    about = described.get(name, {})
    return Column(
        name,
        about.get("type", arrow_type),
        about.get("unit", ""),
        about.get("meaning", ""),
        about.get("source", ""),
    )
