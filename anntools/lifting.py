"""Lifting the records of a run to the pack's assembly, on their way to the workers."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO, Final

from anntools.liftover import REASON_KEY, Failure, Liftover, Target
from anntools.pack import Pack
from anntools.pack.open_overlays import contig_names
from anntools.problems import Problem, UsageProblem, short
from anntools.vcfio.header import Header

_CONTIG: Final = re.compile(rb"##contig=<(?:.*,)?ID=([^,>]+)")
_LENGTH: Final = re.compile(rb"[<,]length=(\d+)")
_REASON_LINE: Final = (
    f'##INFO=<ID={REASON_KEY},Number=1,Type=String,Description="Why it was not lifted">'
)


class Lifting:
    """Lifts chunks in order. ``reasons`` counts what is not lifted; ``problems`` has the first."""

    def __init__(self, chain: Path, pack: Pack, header: Header, name: str, listed: int) -> None:
        """``listed``: how many problems are kept. Raises UsageProblem for a bad chain file."""
        lengths = [int(c["length"]) for c in pack.manifest.contigs]
        target = Target(contig_names(pack), pack.contig_names, lengths, pack.reference)
        try:
            self._liftover = Liftover(chain, target, _lengths(header))
        except ValueError as error:  # ChainError, or damaged compression
            raise UsageProblem(f"{error}.") from error
        self._given = header
        self._name = name
        self._listed = listed
        self.problems: list[Problem] = []
        self.reasons: Counter[str] = Counter()

    def header(self) -> Header:
        """The header with the contigs of the pack."""
        meta = [*self._given.meta, self._given.columns]
        lines = self._liftover.header(x.decode("utf-8", "surrogateescape") for x in meta)
        lifted = [line.encode("utf-8", "surrogateescape") for line in lines[:-1]]
        return replace(self._given, meta=lifted, numbers=[0] * len(lifted))

    def chunks(
        self, numbered: Iterator[tuple[bytes, int]], unlifted: BinaryIO | None
    ) -> Iterator[tuple[bytes, int]]:
        """The same numbered chunks, lifted; what is not goes to a VCF of its own as well."""
        if unlifted:
            unlifted.write(self._given.render([_REASON_LINE], [REASON_KEY]))
        for data, line in numbered:
            lifted = self._liftover.chunk(data, line)
            for failure in self._liftover.failures:
                self.reasons[failure.reason] += 1
                if len(self.problems) < self._listed:
                    self.problems.append(self._problem(failure))
                if unlifted:
                    unlifted.write(_with_reason(failure).encode("utf-8", "surrogateescape"))
            self._liftover.failures.clear()
            yield lifted, line

    def warnings(self) -> list[str]:
        """What a reader of the output should know."""
        count = self._liftover.out_of_order
        if not count:
            return []
        words = "record lies" if count == 1 else "records lie"
        return [
            f"Lifted records are not in order of contig and position: {count} {words} before the "
            "record that comes before it. Sort the output: bcftools sort"
        ]

    def _problem(self, failure: Failure) -> Problem:
        place = f"{short(failure.contig)}:{short(failure.pos)}"
        message = f"{place} was not lifted: {failure.message} ({failure.reason})."
        return Problem("not_lifted", message, self._name, failure.line, 1, place)


def _with_reason(failure: Failure) -> str:
    """The record as it was, with its reason in INFO if it has an INFO."""
    columns = failure.record.split("\t", 8)
    if len(columns) >= 8:
        kept = [p for p in columns[7].split(";") if p != "." and not p.startswith(f"{REASON_KEY}=")]
        columns[7] = ";".join([*kept, f"{REASON_KEY}={failure.reason}"])
    return "\t".join(columns) + "\n"


def _lengths(header: Header) -> dict[str, int]:
    """Lengths of contigs that the header declares."""
    found = {}
    for line in header.meta:
        name, length = _CONTIG.match(line), _LENGTH.search(line)
        if name and length:
            found[name[1].decode("utf-8", "surrogateescape")] = int(length[1])
    return found
