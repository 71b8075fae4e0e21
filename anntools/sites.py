"""Single variants annotated in this process: the rows that the table of a run would hold.

A call is a run on lines made of the variants, with the same worker, kernels and table writer, but
in memory. So nothing can be said here that a run would say otherwise.
"""

from __future__ import annotations

import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, NamedTuple

from anntools.labels import make_labels
from anntools.options import Options
from anntools.pack import Pack, open_pack
from anntools.problems import InputRefused, Problem, UsageProblem
from anntools.sitebounds import Entries
from anntools.table.schema import store_columns
from anntools.worker import Worker

MOST_SITES: Final = 1000
MOST_ALLELE: Final = 10_000
MOST_ALLELES: Final = 2000
_MOST_NAME: Final = 1000
_MOST_POSITION: Final = 2**31 - 2
_COLUMNS: Final = 8
_INFO: Final = re.compile(r"(?:END=[0-9]{1,10}|SVLEN=[-0-9,.]{1,100})(?:;END=[0-9]{1,10})?")
_UNREADABLE: Final = re.compile(r"[^!-~]")


class Site(NamedTuple):
    """A variant as a line of a VCF writes it; several ALTs are separated by commas.

    ``pos`` is 1-based. ``info`` may say where a symbolic allele ends: ``END=…`` or ``SVLEN=…``.
    """

    chrom: str
    pos: int
    ref: str
    alt: str
    info: str = ""


@dataclass(frozen=True, slots=True)
class SiteAnswer:
    """What is said of one variant: a row of the table per ALT (without ``record``), or the problem.

    ``site`` is None for a text that could not be read, or not be taken. A variant that has nothing
    to annotate (no ALT, for example) has a row with ``status`` ``skipped`` and its ``reason``, and
    no problem.
    """

    site: Site | None
    rows: list[dict[str, Any]]
    problem: Problem | None = None


class SiteAnnotator:
    """Annotates variants against one pack. Thread-safe; keeps nothing of what it is asked."""

    def __init__(self, pack: str | Path | Pack) -> None:
        """Raises PackProblem."""
        self.pack = pack if isinstance(pack, Pack) else open_pack(pack)
        manifest = self.pack.manifest
        stores = [store.about for store, _ in self.pack.numbered_stores()]
        self._labels = make_labels(stores, manifest.pack_id, manifest.assembly, "csq", [], [])

    @property
    def store_columns(self) -> tuple[str, ...]:
        """The columns of a row that come from the pack's stores of known variants and regions."""
        stores = (store.about for store, _ in self.pack.numbered_stores())
        return tuple(column.name for column in store_columns(stores))

    def annotate(
        self, asked: Sequence[Site | str], contig_names: Mapping[str, str] | None = None
    ) -> list[SiteAnswer]:
        """The answers in the order of the questions, at most ``MOST_SITES``.

        A text is read as ``anntools.variant_text`` says. ``contig_names``: as in ``Options``. An
        allele of more than ``MOST_ALLELE`` characters, and all ALTs beyond the first
        ``MOST_ALLELES`` of a call, are refused, each with its variant; so is what is beyond the
        bounds of ``anntools.sitebounds``. Raises UsageProblem for too many questions, or for names
        of contigs that the pack does not have.
        """
        if len(asked) > MOST_SITES:
            raise UsageProblem(f"At most {MOST_SITES} variants at once, not {len(asked)}.")
        pack = self.pack.with_names(contig_names) if contig_names else self.pack
        entries = Entries(self.pack, contig_names or {})
        answers: list[SiteAnswer | None] = []
        sites, alleles = [], 0
        for each in asked:
            answer = self._read(each, contig_names or {})
            if isinstance(answer, Site):
                alleles += answer.alt.count(",") + 1
                refused = _too_many() if alleles > MOST_ALLELES else entries.refuse(answer)
                if refused is None:
                    sites.append(answer)
                    answers.append(None)
                    continue
                answer = SiteAnswer(answer, [], refused)
            answers.append(answer)
        found = iter(self._run(sites, pack) if sites else ())
        return [answer or next(found) for answer in answers]

    def _read(self, asked: Site | str, names: Mapping[str, str]) -> Site | SiteAnswer:
        """A site whose line can be written, or why not."""
        from anntools.variant_text import site_of

        try:
            site = site_of(asked, self.pack, names) if isinstance(asked, str) else Site(*asked)
        except InputRefused as error:
            return SiteAnswer(None, [], error.problem)
        except UsageProblem as error:
            return SiteAnswer(None, [], Problem("not_understood", str(error)))
        problem = _unwritable(site)
        if problem is None:
            return site
        # A text of thirty characters may name a deletion of 100,000 bases: these are not told back.
        return SiteAnswer(None if isinstance(asked, str) else site, [], problem)

    def _run(self, sites: Sequence[Site], pack: Pack) -> list[SiteAnswer]:
        from anntools.table.writer import TableWriter

        worker = Worker(pack, self._labels, Options(listed=len(sites)), "")
        worker.expect_columns(_COLUMNS)
        memory = io.BytesIO()
        table = TableWriter(memory, pack, compress=False)
        collector = table.collector()
        worker.collect(collector)
        done = worker.run("".join(map(_line, sites)).encode("ascii"), 1)
        table.write_from(collector)
        table.close()
        problems = {problem.line: problem for problem in done.problems}
        answers = [SiteAnswer(s, [], problems.get(i)) for i, s in enumerate(sites, 1)]
        for row in _rows(memory.getvalue()):
            number = row.pop("record") - 1
            if not answers[number].problem:
                answers[number].rows.append(row)
        return answers


def _rows(parquet: bytes) -> list[dict[str, Any]]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    file = pq.ParquetFile(pa.BufferReader(parquet), pre_buffer=False)
    rows: list[dict[str, Any]] = file.read(use_threads=False).to_pylist()
    return rows


def _line(site: Site) -> str:
    return f"{site.chrom}\t{site.pos}\t.\t{site.ref}\t{site.alt}\t.\t.\t{site.info or '.'}\n"


def _unwritable(site: Site) -> Problem | None:
    """Why a site cannot stand in a line of a VCF."""
    for name, text, most in (
        ("CHROM", site.chrom, _MOST_NAME),
        ("REF", site.ref, MOST_ALLELE),
        ("ALT", site.alt, MOST_ALLELE),
    ):
        if not text:
            return Problem("not_understood", f"{name} is empty.", remedy=f"Give {name}.")
        if len(text) > most:
            message = f"{name} has {len(text)} characters; at most {most} are taken here."
            return Problem("allele_too_long", message, remedy="Annotate it in a file.")
        wrong = _UNREADABLE.search(text)
        if wrong:
            message = f"{name} holds {wrong[0]!r} at its character {wrong.start() + 1}."
            return Problem("not_understood", message, remedy="Take out blanks and other signs.")
    if not 0 <= site.pos <= _MOST_POSITION:
        message = f"POS is {site.pos}, which is no position of a contig."
        return Problem("position_not_a_number", message, remedy="Positions are counted from 1.")
    if site.chrom.startswith("#"):
        return Problem("not_understood", "CHROM begins with #, as a header line does.")
    if site.info and not _INFO.fullmatch(site.info):
        return Problem("not_understood", "Of INFO, only END=… and SVLEN=… are taken here.")
    return None


def _too_many() -> Problem:
    return Problem(
        "too_many_alleles",
        f"The variants asked about have more than {MOST_ALLELES} ALTs together.",
        remedy="Ask in several steps, or annotate them as a file.",
    )
