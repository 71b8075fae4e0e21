"""Exact and interval stores against plain Python: every allele is found, and nothing else."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from anntools.pack import Pack
from anntools.pack.exact import ExactBuilder, StoreProblem, bucket_bits
from anntools.pack.exact_columns import Wanted
from anntools.pack.intervals import IntervalField, write_column, write_intervals
from anntools.pack.lookup import Lookup
from anntools.pack.model import model_block
from anntools.pack.storefile import open_store
from tests.engine.small_packs import repetitive, small_pack

Allele = tuple[str, int, str, str]
WANTED = [
    Wanted("ID", "String", "", "", "ID"),
    Wanted("AF", "Float", "", "AF", "A"),
    Wanted("AD", "Integer", "", "AD", "R"),
    Wanted("DB", "Integer", "", "DB", "flag"),
    Wanted("N", "Integer", "", "N", "whole"),
    Wanted("L", "String", "", "L", "list"),
]


class World:
    """A genome, random alleles on it, and the normal form by definition."""

    def __init__(self, seed: int, folder: Path) -> None:
        self.rng = random.Random(seed)
        second = repetitive(self.rng, 2000)
        self.genome = {
            "1": repetitive(self.rng, 3000),
            "2": second[:700] + "N" * 300 + second[1000:],
        }
        self.pack = small_pack(folder, self.genome)

    def normal(self, allele: Allele) -> Allele:
        """What REF and ALT share is cut off; a pure indel stands as far left as it can."""
        contig, pos, ref, alt = allele
        while ref and alt and ref[-1] == alt[-1]:
            ref, alt = ref[:-1], alt[:-1]
        while ref and alt and ref[0] == alt[0]:
            ref, alt, pos = ref[1:], alt[1:], pos + 1
        bases = self.genome[contig]
        if not ref or not alt:
            unit = ref or alt
            while pos > 0 and bases[pos - 1] != "N" and bases[pos - 1] == unit[-1]:
                unit, pos = unit[-1] + unit[:-1], pos - 1
            ref, alt = (unit, "") if ref else ("", unit)
        return contig, pos, ref, alt

    def allele(self) -> Allele:
        """A random allele whose REF is what the genome says."""
        rng = self.rng
        while True:
            contig = rng.choice("12")
            size = rng.choice([1, 1, 1, 2, 3, rng.randint(1, 30)])
            pos = rng.randrange(len(self.genome[contig]) - 40)
            ref = self.genome[contig][pos : pos + size]
            kind = rng.random()
            if kind < 0.5:
                alt = "".join(rng.choices("ACGT", k=size))
            elif kind < 0.75:
                alt = ref[0] + "".join(rng.choices("ACGT", k=rng.randint(1, 12))) + ref[1:]
            else:
                alt = ref[0]
            if rng.random() < 0.02:
                alt += "N"
            if "N" not in ref and ref != alt:
                return contig, pos, ref, alt

    def moved(self, allele: Allele) -> Allele:
        """The same allele in normal form, written further to the right if it can be."""
        contig, pos, ref, alt = self.normal(allele)
        if ref and alt:
            return contig, pos, ref, alt
        unit = ref or alt
        for _ in range(self.rng.randint(0, 10)):
            after = pos + len(ref)
            if after >= len(self.genome[contig]) or self.genome[contig][after] != unit[0]:
                break
            unit, pos = unit[1:] + unit[0], pos + 1
        return (contig, pos, unit, "") if ref else (contig, pos, "", unit)


def written(world: World, count: int) -> tuple[list[str], dict[Allele, list[list[str]]]]:
    """Lines of a VCF, and the values of each allele by field, as often as it is there."""
    rng = world.rng
    lines, known = [], {}
    for i in range(count):
        contig, pos, ref, alt = world.allele()
        alts = [alt]
        while rng.random() < 0.3:
            alts.append("".join(rng.choices("ACGT", k=rng.randint(1, 6))))
        name = rng.choice([f"rs{rng.randint(1, 10**9)}", f"rs{i};rs5", ".", "weird"])
        af = [rng.choice([f"0.{rng.randint(0, 9999):04d}", "1e-05", "1", "."]) for _ in alts]
        ad = [str(rng.randint(0, 3_000_000)) for _ in range(len(alts) + 1)]
        flag = rng.random() < 0.5
        info = f"AF={','.join(af)};AD={','.join(ad)};N={i % 7};L=a,b{';DB' * flag}"
        shown = [a.lower() if rng.random() < 0.1 else a for a in alts]
        chrom = rng.choice(["", "chr"]) + contig
        lines.append(f"{chrom}\t{pos + 1}\t{name}\t{ref}\t{','.join(shown)}\t.\t.\t{info}\n")
        for k, alt in enumerate(alts):
            if alt == ref:
                continue
            both = "ab"[k] if len(alts) == 2 else "a|b"
            values = [name.replace(";", "|"), af[k], ad[k + 1], "1" * flag, str(i % 7), both]
            key = world.normal((contig, pos, ref, alt))
            for cell, value in zip(
                known.setdefault(key, [[] for _ in WANTED]), values, strict=True
            ):
                if value not in ("", ".", *cell):
                    cell.append(value)
    return lines, known


def shown(wanted: Wanted, values: list[str]) -> str:
    """All values of an allele; of numbers the first."""
    return "|".join(values if wanted.type == "String" else values[:1])


@pytest.mark.parametrize("seed", [1, 2])
@pytest.mark.parametrize("expected", [10, 300, 1_000_000])
def test_every_allele_is_found_and_no_other(tmp_path: Path, seed: int, expected: int) -> None:
    world = World(seed, tmp_path / "pack")
    lines, known = written(world, 800)
    store = tmp_path / "store"
    lengths = [len(bases) for bases in world.genome.values()]
    with ExactBuilder("s", WANTED, model_block(world.pack.arrays), lengths, expected) as builder:
        for at in range(0, len(lines), 400):
            builder.add("".join(lines[at : at + 400]).encode())
        about = builder.finish(store)
    assert about["records"] == len(known)
    lookup = Lookup(open_store(store, about), world.pack.arrays)
    everything = list(known)
    for i in range(1500):
        allele = world.moved(world.rng.choice(everything)) if i % 3 else world.allele()
        wanted = known.get(world.normal(allele))
        found = lookup.allele(int(allele[0]) - 1, *allele[1:])
        if wanted is None:
            assert found is None, allele
        else:
            assert found is not None, allele
            expected_texts = [shown(w, v) for w, v in zip(WANTED, wanted, strict=True)]
            assert list(found.values()) == expected_texts, allele


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("1\tx\t.\tA\tC\t.\t.\t.\n", "line 2"),
        ("1\t5\t.\n", "line 2"),
    ],
)
def test_a_line_that_is_no_record_is_told(tmp_path: Path, line: str, message: str) -> None:
    world = World(1, tmp_path / "pack")
    model = model_block(world.pack.arrays)
    with ExactBuilder("s", WANTED, model, [3000, 2000], 1) as builder:
        builder.add(b"##header\n")
        with pytest.raises(StoreProblem, match=message):
            builder.add(line.encode())


def test_broken_lines_are_refused_or_read(tmp_path: Path) -> None:
    world = World(5, tmp_path / "pack")
    model = model_block(world.pack.arrays)
    whole = "".join(written(world, 40)[0]).encode()
    rng = world.rng
    for i in range(15):
        text = bytearray(whole)
        for _ in range(rng.choice([1, 3, 10])):
            at = rng.randrange(len(text))
            kind = rng.randrange(3)
            if kind == 0:
                text[at] = rng.randrange(256)
            elif kind == 1:
                text[at:at] = bytes(rng.choices(b"\t,;=.0123456789ACGT<>*\r\n", k=20))
            else:
                del text[at : at + 10]
        with ExactBuilder("s", WANTED, model, [3000, 2000], 40) as builder:
            try:
                builder.add(bytes(text) + b"\n")
            except StoreProblem:
                continue
            about = builder.finish(tmp_path / f"s{i}")
        lookup = Lookup(open_store(tmp_path / f"s{i}", about), world.pack.arrays)
        for _ in range(20):
            contig, pos, ref, alt = world.allele()
            lookup.allele(int(contig) - 1, pos, ref, alt)


def test_records_without_sequence_or_contig_are_counted(tmp_path: Path) -> None:
    world = World(1, tmp_path / "pack")
    base = world.genome["1"][9]
    other = "ACGT"["ACGT".index(base) - 1]
    text = f"1\t10\t.\t{base}\t<DEL>,{other},*\t.\t.\t.\nZ\t1\t.\tA\tC\t.\t.\t.\n"
    model = model_block(world.pack.arrays)
    with ExactBuilder("s", WANTED, model, [3000, 2000], 1) as builder:
        builder.add(text.encode())
        assert (builder.other_alts, builder.unknown) == (2, 1)
        assert builder.finish(tmp_path / "s")["records"] == 1


@pytest.mark.parametrize(
    ("bases", "records", "bits"),
    [
        (3_100_000_000, 100_000_000, 8),
        (3_100_000_000, 300_000, 16),
        (5000, 10**6, 8),
        (10**9, 0, 16),
    ],
)
def test_bucket_size(bases: int, records: int, bits: int) -> None:
    assert bucket_bits(bases, records) == bits


@pytest.mark.parametrize("seed", range(4))
def test_intervals_are_found(tmp_path: Path, seed: int) -> None:
    rng = random.Random(seed)
    pack = small_pack(tmp_path / "pack", {"1": "A" * 9000, "2": "A" * 50, "3": "C" * 9000})
    spans, names, marks = [], [], []
    for i in range(200):
        start = rng.randrange(5000)
        spans.append((rng.choice([0, 2]), start, start + rng.choice([0, 1, 5, 100, 3000])))
        names.append(rng.choice([f"x{i}", "same"]))
        marks.append(f"id{i}" if i % 3 else "")
    fields = [IntervalField("n", "", names), IntervalField("m", "", marks)]
    about = write_intervals(tmp_path / "iv", "iv", spans, fields, 3)
    lookup = Lookup(open_store(tmp_path / "iv", about), pack.arrays)
    start = 0
    for _ in range(2000):
        contig = rng.randrange(3)
        start = rng.randrange(9000) if rng.random() < 0.3 else min(9000, start + rng.randrange(30))
        end = start + rng.choice([1, 1, 1, 10, 500])
        wanted = [
            {"n": names[i], "m": marks[i]}
            for i, (c, a, b) in enumerate(spans)
            if c == contig and a < end and b > start and a < b
        ]
        found = lookup.place(contig, start, end)
        assert sorted(found, key=str) == sorted(wanted, key=str)


@pytest.mark.parametrize(
    ("values", "prefix", "words"),
    [
        (["rs1", "", "rs30"], "rs", 0),
        (["1", "0", "22"], "", 0),
        (["a", "b", "a"], "", 2),
        (["007"], "00", 0),
        (["rs1", "x1"], "", 2),
        ([], "", 0),
    ],
)
def test_a_column_is_words_or_numbers(
    tmp_path: Path, values: list[str], prefix: str, words: int
) -> None:
    assert write_column(tmp_path, 0, values) == {"prefix": prefix, "drop": 0, "words": words}


def test_reference_of_a_pack(tmp_path: Path) -> None:
    pack: Pack = small_pack(tmp_path, {"1": "ACGTNNACGTA"})
    assert pack.reference(0, 0, 11) == "ACGT??ACGTA"
