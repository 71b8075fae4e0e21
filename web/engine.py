"""AnnTools in this process, for single variants and for what a pack has at a place.

The only module of the app that knows AnnTools (`web.ports` says what the others see of it). Packs
are opened when they are first asked for and stay mapped; a pack that is built anew is opened anew.
"""

import math
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import anntools
from gas.errors import InvalidRequest, NotFound, ServiceUnavailable
from gas.logs import get_logger
from web.ports import (
    MOST_BASES,
    Chromosome,
    Exon,
    PackAtHand,
    PackContig,
    PackSource,
    Site,
    SiteAnnotation,
    SiteProblem,
    Transcript,
)

log = get_logger()


class InProcessEngine:
    """`web.ports.Engine` by AnnTools."""

    def __init__(self) -> None:
        self._compiling: subprocess.Popen[bytes] | None = None
        self._lock = threading.Lock()

    @property
    def version(self) -> str:
        return anntools.VERSION

    def packs(self) -> Sequence[PackAtHand]:
        found = []
        for folder in anntools.installed():
            try:
                found.append(_open(folder).about)
            except anntools.PackProblem as error:
                log.warning("pack_unreadable", pack=folder.name, reason=str(error))
        return found

    def pack(self, name: str) -> PackAtHand:
        return self._named(name).about

    def chromosomes(self) -> Sequence[Chromosome]:
        return [
            Chromosome(c.assembly, c.name, c.length, (c.refseq, c.genbank))
            for c in anntools.BY_LENGTH.values()
        ]

    def annotate(
        self,
        pack: str,
        asked: Sequence[Site | str],
        contig_names: Mapping[str, str] | None = None,
    ) -> Sequence[SiteAnnotation]:
        opened = self._named(pack)
        self._need_kernels()
        questions = [
            each if isinstance(each, str) else anntools.Site(*_fields(each)) for each in asked
        ]
        try:
            answers = opened.annotator.annotate(questions, contig_names)
        except anntools.UsageProblem as error:
            raise InvalidRequest(str(error)) from error
        return [_annotation(answer) for answer in answers]

    def sequence(self, pack: str, contig: str, start: int, end: int) -> str:
        opened = self._named(pack)
        return anntools.bases_at(opened.pack, *opened.region(contig, start, end))

    def genes(self, pack: str, contig: str, start: int, end: int) -> Sequence[Transcript]:
        opened = self._named(pack)
        found = anntools.transcripts_at(opened.pack, *opened.region(contig, start, end))
        return [_transcript(each) for each in found]

    def _named(self, name: str) -> "_Opened":
        for folder in anntools.installed():
            if name == folder.name or name.startswith(f"{folder.name}-"):
                try:
                    opened = _open(folder)
                except anntools.PackProblem as error:
                    raise ServiceUnavailable(f"The pack {name} cannot be read: {error}") from error
                if name in (opened.about.name, opened.about.pack_id):
                    return opened
        known = ", ".join(folder.name for folder in anntools.installed())
        raise NotFound(
            f"There is no reference pack called {name} here.", remedy=f"Choose one of: {known}."
        )

    def _need_kernels(self) -> None:
        """Compiling takes most of a minute: not in a request, and not in this process.

        Raises:
            ServiceUnavailable: the kernels are not compiled yet; that has been started.
        """
        if anntools.ready():
            return
        with self._lock:
            if self._compiling is None or self._compiling.poll() is not None:
                log.info("engine_compiling")
                command = [_python(), "-m", "anntools", "warm"]
                self._compiling = subprocess.Popen(command)  # noqa: S603  a fixed command
        raise ServiceUnavailable(
            "The annotation engine is being made ready on this machine.",
            remedy="Try again in a minute.",
        )


def stream_table(source: Any, suffix: str) -> Iterator[bytes]:
    """Rows of a table in another format, piece by piece (`anntools.stream_table`)."""
    return anntools.stream_table(source, suffix)


class _Opened:
    """A pack, open, and what is said of it."""

    def __init__(self, folder: Path) -> None:
        self.annotator = anntools.SiteAnnotator(folder)
        self.pack = self.annotator.pack
        manifest = self.pack.manifest
        names = anntools.names_of_contigs(self.pack)
        self._numbers = {name: i for i, known in enumerate(names) for name in known}
        self.about = PackAtHand(
            name=folder.name,
            pack_id=manifest.pack_id,
            assembly=manifest.assembly,
            contigs=tuple(
                PackContig(known[0], int(contig["length"]), tuple(known[1:]))
                for known, contig in zip(names, manifest.contigs, strict=True)
            ),
            sources=tuple(
                PackSource(s.what, s.package, s.version, s.licence) for s in manifest.sources
            ),
            stores=tuple(store.name for store in self.pack.stores),
            store_columns=self.annotator.store_columns,
        )

    def region(self, contig: str, start: int, end: int) -> tuple[int, int, int]:
        """The contig by number, and the region cut to it.

        Raises:
            NotFound: the pack does not know the contig.
            InvalidRequest: the region is empty or too long.
        """
        number = self._numbers.get(contig)
        if number is None:
            raise NotFound(
                f"The pack {self.about.name} does not know the contig {contig}.",
                remedy=f"It has: {', '.join(c.name for c in self.about.contigs[:30])}.",
            )
        end = min(end, self.about.contigs[number].length)
        if not 0 <= start < end or end - start > MOST_BASES:
            raise InvalidRequest(
                "The region is empty, lies outside the contig, or is too long.",
                remedy=f"Ask for at most {MOST_BASES:,} bases of it.",
            )
        return number, start, end


def _open(folder: Path) -> _Opened:
    """Raises anntools.PackProblem."""
    try:
        changed = (folder / "manifest.json").stat().st_mtime_ns
    except OSError as error:
        raise anntools.PackProblem(str(error)) from error
    return _open_state(folder, changed)


@lru_cache(maxsize=16)
def _open_state(folder: Path, changed: int) -> _Opened:
    return _Opened(folder)


def _fields(site: Site) -> tuple[str, int, str, str, str]:
    return site.chrom, site.pos, site.ref, site.alt, site.info


def _annotation(answer: anntools.SiteAnswer) -> SiteAnnotation:
    problem = answer.problem
    return SiteAnnotation(
        site=Site(*answer.site) if answer.site else None,
        alleles=[_as_json(row) for row in answer.rows],
        problem=SiteProblem(
            problem.code, problem.message, problem.remedy, problem.found, problem.expected
        )
        if problem
        else None,
    )


def _as_json(row: Mapping[str, Any]) -> dict[str, Any]:
    """The row with the numbers that JSON does not have as texts, as in the table's JSON lines."""
    return {
        key: str(value) if isinstance(value, float) and not math.isfinite(value) else value
        for key, value in row.items()
    }


def _transcript(found: anntools.TranscriptAt) -> Transcript:
    exons = []
    for start, end in found.exons:
        begin = max(start, found.coding[0]) if found.coding else 0
        stop = min(end, found.coding[1]) if found.coding else 0
        exons.append(Exon(start, end, begin, stop) if begin < stop else Exon(start, end))
    return Transcript(
        id=found.id,
        symbol=found.symbol,
        gene=found.gene,
        biotype=found.biotype,
        strand=found.strand,
        start=found.exons[0][0],
        end=found.exons[-1][1],
        exons=tuple(exons),
        canonical=found.canonical,
        mane_select=found.mane_select,
    )


def _python() -> str:
    """The interpreter with our packages; under uWSGI `sys.executable` is the bare one beneath."""
    ours = Path(sys.prefix) / "bin" / "python"
    return str(ours) if ours.exists() else sys.executable
