"""The rows of the speed table: what is run, against whom, and what was promised.

Every command has one thread unless its row says otherwise; both write to the same folder.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.bench import peers
from tests.bench.generate import Data
from tests.bench.generate.overlays import INTERVALS
from tests.bench.packs import Packs

Command = tuple[str, ...]


@dataclass(frozen=True)
class Contender:
    """One command of a row. ``start`` is taken off its time: the cost of our way to start it."""

    name: str
    command: Command
    output: Path | None = None
    start: bool = False


@dataclass(frozen=True)
class Row:
    """One line of the table: ours against the others, at least ``promised`` times faster."""

    key: str
    work: str
    ours: Contender
    others: tuple[Contender, ...]
    promised: tuple[float, ...]
    records: int
    note: str = ""


class Bench:
    """Makes commands over one set of data."""

    def __init__(self, data: Data, packs: Packs, out: Path) -> None:
        self.data = data
        self.packs = packs
        self.out = out
        self.formats = {name: peers.can(name) for name in ("bcsq", "--table", "--level")}

    def ours(
        self, name: str, source: str, suffix: str, *options: str | Path, pack: str = "genes"
    ) -> Contender:
        """``anntools annotate`` on a file of the data."""
        output = self.out / f"{name}.ours.{suffix}"
        command = peers.anntools(
            "annotate", self.data.path(source), "-o", output, "--pack", self.packs.path(pack)
        )
        threads = () if "--threads" in options else ("--threads", "1")
        return Contender(
            f"anntools {name}", (*command, *map(str, options), *threads, "--quiet"), output
        )

    def csq(self, name: str, source: str, suffix: str, *options: str) -> Contender:
        """``bcftools csq -l`` on a file of the data."""
        output = self.out / f"{name}.csq.{suffix}"
        command = (
            *peers.bcftools(),
            *("csq", "-l", "-f", str(self.data.fasta), "-g", str(self.data.genes)),
            *(*options, str(self.data.path(source)), "-o", str(output)),
        )
        label = " ".join(("bcftools csq -l", *options))
        return Contender(label, command, output, start=True)

    def brief(self) -> tuple[str, ...]:
        """The options for what csq gives, if this version of ours has them."""
        return ("--format", "bcsq") if self.formats["bcsq"] else ()

    @property
    def brief_note(self) -> str:
        """Said when ours had to do more than csq."""
        return "" if self.formats["bcsq"] else "ours wrote full CSQ: this version has no bcsq"

    # ---------------------------------------------------------------- rows
    def equivalent(self, name: str, promised: float) -> Row:
        """The same answer as csq, vcf to vcf."""
        others = [self.csq(name, f"{name}.vcf", "vcf")]
        if name == "cohort":
            others.append(self.csq("cohort.sites", "cohort.vcf", "vcf", "-s", "-"))
        return Row(
            name,
            f"csq-equivalent, {name}, vcf→vcf",
            self.ours(f"bcsq {name}", f"{name}.vcf", "vcf", *self.brief()),
            tuple(others),
            (promised,) * len(others),
            self.data.facts[name],
            self.brief_note,
        )

    def full(self) -> Row:
        """Everything VEP gives against what csq gives."""
        return Row(
            "full",
            "every transcript, full CSQ with HGVS c/p/g, wgs, vcf→vcf",
            self.ours("csq wgs", "wgs.vcf", "vcf"),
            (self.csq("full", "wgs.vcf", "vcf"),),
            (4,),
            self.data.facts["wgs"],
        )

    def compressed(self) -> Row:
        """BGZF to BGZF, at the peer's default level and at its fastest."""
        return Row(
            "compressed",
            "csq-equivalent, wgs, vcf.gz→vcf.gz",
            self.ours("bcsq gz", "wgs.vcf.gz", "vcf.gz", *self.brief()),
            (
                self.csq("gz", "wgs.vcf.gz", "vcf.gz", "-Oz"),
                self.csq("gz1", "wgs.vcf.gz", "vcf.gz", "-Oz1"),
            ),
            (9, 5),
            self.data.facts["wgs"],
            self.brief_note,
        )

    def exact(self) -> Row:
        """rs numbers and counts of five million records."""
        output = self.out / "exact.annotate.vcf"
        annotate = (
            *peers.bcftools(),
            *("annotate", "-a", str(self.data.path("database.vcf.gz")), "-c", "ID,DBAC:=INFO/AC"),
            *(str(self.data.path("wgs.vcf.gz")), "-o", str(output)),
        )
        return Row(
            "exact",
            f"exact match against {self.data.facts['database']:,} records, wgs, vcf.gz→vcf",
            self.ours("exact", "wgs.vcf.gz", "vcf", *self.brief(), pack="database"),
            (Contender("bcftools annotate -c ID,AC", annotate, output, start=True),),
            (20,),
            self.data.facts["wgs"],
            "the pack has the database and one gene",
        )

    def everything(self) -> Row:
        """All at once against csq alone."""
        table = self.out / "everything.parquet"
        options = ("--table", table) if self.formats["--table"] else ()
        missing = "" if options else "; without Parquet: this version has none"
        return Row(
            "everything",
            f"everything on: HGVS, 3 exact stores, {len(INTERVALS)} intervals, Parquet, summary, "
            "receipt, wgs, vcf.gz→vcf.gz",
            self.ours("everything", "wgs.vcf.gz", "vcf.gz", *options, pack="everything"),
            (self.csq("everything", "wgs.vcf.gz", "vcf.gz", "-Oz"),),
            (2,),
            self.data.facts["wgs"],
            "the peer is csq alone" + missing,
        )

    def small(self) -> Row:
        """A thousand records against the whole model: start-up is all."""
        bare = Contender("bare Python start", (peers.anntools()[0], "-c", "pass"))
        return Row(
            "small",
            f"1,000 records, {self.data.facts['transcripts']:,} transcripts",
            self.ours("small", "small.vcf", "vcf"),
            (self.csq("small", "small.vcf", "vcf"), bare),
            (5, 0.1),
            self.data.facts["wgs"] and 1000,
            "“0.1” means: under ten times a bare Python",
        )

    def threads(self) -> Row:
        """Two threads against one, ours."""
        one = self.ours("one thread", "wgs.vcf.gz", "vcf.gz")
        return Row(
            "threads",
            "2 threads against 1, full CSQ, wgs, vcf.gz→vcf.gz",
            self.ours("two threads", "wgs.vcf.gz", "vcf.gz", "--threads", "2"),
            (one,),
            (1.7,),
            self.data.facts["wgs"],
        )


def rows(bench: Bench, human: Bench | None) -> Iterator[tuple[str, Callable[[], Row]]]:
    """All rows by key; a row is made when it is run."""
    yield "wgs", lambda: bench.equivalent("wgs", 10)
    yield "full", bench.full
    yield "exome", lambda: bench.equivalent("exome", 9)
    yield "cohort", lambda: bench.equivalent("cohort", 12)
    yield "compressed", bench.compressed
    yield "exact", bench.exact
    yield "everything", bench.everything
    yield "small", (human or bench).small
    yield "threads", bench.threads
