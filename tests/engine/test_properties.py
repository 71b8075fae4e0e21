"""What holds for every input: nothing lost, nothing doubled, nothing depends on how it is cut."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from anntools import InputRefused, Options, Pack, annotate
from anntools.checking import check
from tests.engine import bgzf

Write = Callable[..., Path]

# Places in the demo pack with something to see: coding, intronic, promoter, mitochondrial, unknown.
RECORDS = st.builds(
    lambda chrom, pos, ref, alt, info, tail: "\t".join(
        [chrom, pos, ".", ref, alt, ".", ".", info, *tail]
    ),
    st.sampled_from(["20", "chr20", "X", "Y", "MT", "chrM", "22", ""]),
    st.sampled_from(["4680251", "57484420", "3243", "1", "0", "99999999999", "x", "250000"]),
    st.text("ACGTNacgtR", max_size=6),
    st.text("ACGTN,*.<>[]:1", max_size=8),
    st.sampled_from([".", "AC=1;CSQ=old|x;DB", "positionType=CDS", "", "A;;B=", "CSQ"]),
    st.sampled_from([[], ["GT", "0/1"], ["GT", "0|1", "."]]),
)
LINES = st.lists(st.one_of(RECORDS, st.text("\tAC.:;=<", max_size=30), st.just("#x")), max_size=30)


def body(path: Path) -> list[str]:
    """Lines after the header, of a plain or compressed file."""
    data = path.read_bytes()
    text = (gzip.decompress(data) if data[:2] == b"\x1f\x8b" else data).decode()
    lines = text.splitlines()
    start = next(i for i, x in enumerate(lines) if x.startswith("#CHROM"))
    return lines[start + 1 :]


def run(source: Path, pack: Pack, name: str = "out", **options: object) -> list[str]:
    """Annotate and read back."""
    out = source.parent / f"{name}.annot.vcf"
    annotate(source, out, pack, Options(**options))  # type: ignore[arg-type]
    return body(out)


@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(lines=LINES)
def test_nothing_is_lost_or_moved(lines: list[str], write_vcf: Write, demo: Pack) -> None:
    source = write_vcf(*lines)
    records = [x for x in lines if x]
    out = source.with_name("out.annot.vcf")
    out.unlink(missing_ok=True)
    try:
        receipt = annotate(source, out, demo)
    except InputRefused as refusal:
        line = refusal.problem.line
    else:
        line = None
    if not out.exists():
        assert line is None or line <= len(lines) + 2
        return
    assert receipt.records_in == receipt.records_out == len(records)
    assert receipt.annotated + receipt.skipped_total == len(records)
    written = body(out)
    assert len(written) == len(records)
    for before, after in zip(records, written, strict=True):
        if "positionType=" not in after or after == before:
            assert after == before  # passed through untouched
        else:
            assert after.split("\t")[:7] == before.split("\t")[:7]
            assert after.split("\t")[8:] == before.split("\t")[8:]


GOOD = [
    "20\t4680251\trs1799990\tA\tG\t50\tPASS\tAC=1;DB\tGT\t0/1",
    "20\t4680250\t.\tT\tTC,C\t.\t.\t.\tGT\t1/2",
    "20\t57484420\t.\tC\tT,<DEL>,*\t.\t.\tXX=a\tGT\t0/1",
    "chr20\t250000\t.\tN\tG\t.\t.\t.\tGT\t0/1",
    "MT\t3243\t.\tA\tG\t.\t.\t.\tGT\t1",
    "22\t100\t.\tA\tG\t.\t.\t.\tGT\t0/1",
    "X\t100000000\t.\tA\tG\t.\t.\t.\tGT\t0/1",
]
WITH_SAMPLE = "##fileformat=VCFv4.2\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT\tS\n"


def test_annotating_twice_is_annotating_once(write_vcf: Write, demo: Pack, tmp_path: Path) -> None:
    source = write_vcf(*GOOD, header=WITH_SAMPLE)
    once, twice = tmp_path / "once.annot.vcf", tmp_path / "twice.annot.vcf"
    annotate(source, once, demo)
    annotate(once, twice, demo)
    assert twice.read_bytes() == once.read_bytes()


@pytest.mark.parametrize("chunk_size", [1, 40, 100, 1000])
@pytest.mark.parametrize("threads", [1, 3])
def test_chunks_and_threads_change_nothing(
    write_vcf: Write, demo: Pack, chunk_size: int, threads: int
) -> None:
    source = write_vcf(*GOOD * 30, header=WITH_SAMPLE)
    assert run(source, demo, "a", chunk_size=chunk_size, threads=threads) == run(source, demo, "b")


def test_line_ends_and_compression_change_nothing(
    write_vcf: Write, demo: Pack, tmp_path: Path
) -> None:
    source = write_vcf(*GOOD, header=WITH_SAMPLE)
    want = run(source, demo)
    text = source.read_bytes()
    variants = {
        "crlf.vcf": text.replace(b"\n", b"\r\n"),
        "open_end.vcf": text.rstrip(b"\n"),
        "crlf_open_end.vcf": text.replace(b"\n", b"\r\n").rstrip(b"\r\n"),
        "plain.vcf.gz": gzip.compress(text),
        "two_members.vcf.gz": gzip.compress(text[:100]) + gzip.compress(text[100:]),
        "blocks.VCF.BGZ": bgzf.compress(text) + bgzf.EOF,
        "bom.vcf": b"\xef\xbb\xbf" + text,
    }
    for name, data in variants.items():
        path = tmp_path / name
        path.write_bytes(data)
        assert run(path, demo) == want, name


def test_lower_case_is_annotated_like_upper_case(write_vcf: Write, demo: Pack) -> None:
    upper = run(write_vcf("20\t4680251\t.\tA\tG\t.\t.\t."), demo)
    lower = run(write_vcf("20\t4680251\t.\ta\tg\t.\t.\t.", name="lower.vcf"), demo)
    assert [x.upper() for x in lower] == [x.upper() for x in upper]


RIGHT = [
    "20\t4680250\t.\tC\tCT,T\t.\t.\tAC=1,1\tGT\t1/2",
    "20\t4680251\trs1799990\tA\tG\t50\tPASS\tAC=1;DB\tGT\t0/1",
    "20\t57484420\t.\tC\tT,<DEL>,*\t.\t.\tXX=a\tGT\t0/1",
    "MT\t3243\t.\tA\tG\t.\t.\t.\tGT\t1",
]


@pytest.mark.parametrize("form", ["csq", "ann", "bcsq", "classic"])
@pytest.mark.parametrize("version", ["VCFv4.1", "VCFv4.2", "VCFv4.3", "VCFv4.5"])
def test_what_is_written_keeps_the_rules(
    write_vcf: Write, demo: Pack, form: str, version: str
) -> None:
    declared = '##FORMAT=<ID=GT,Number=1,Type=String,Description="Genotype">\n'
    header = f"##fileformat={version}\n{declared}{WITH_SAMPLE.splitlines()[1]}\n"
    source = write_vcf(*RIGHT, header=header)
    assert check(str(source)).faults == {}
    out = source.with_name("out.annot.vcf")
    annotate(source, out, demo, Options(format=form, strict=True))
    assert check(str(out)).problems == []
    again = source.with_name("again.annot.vcf")
    annotate(out, again, demo, Options(format=form))
    assert again.read_bytes() == out.read_bytes()


def test_a_hundred_thousand_samples(write_vcf: Write, demo: Pack) -> None:
    names = "\t".join(f"S{i}" for i in range(100_000))
    header = WITH_SAMPLE[:-2] + names + "\n"
    records = [line.rsplit("\t", 1)[0] + "\t0/1" * 100_000 for line in RIGHT[:3]]
    source = write_vcf(*records, header=header)
    receipt = annotate(source, source.with_name("out.annot.vcf"), demo)
    assert (receipt.annotated, receipt.skipped) == (3, {})
    written = body(source.with_name("out.annot.vcf"))
    assert [x.split("\t")[8:] for x in written] == [x.split("\t")[8:] for x in records]


@pytest.mark.parametrize("name", ["20", "chr20", "CHR20", "Chr20", "NC_000020.10", "nc_000020.10"])
def test_a_contig_has_many_names(write_vcf: Write, demo: Pack, name: str) -> None:
    line = f"{name}\t4680251\t.\tA\tG\t.\t.\t."
    (written,) = run(write_vcf(line), demo)
    assert written.startswith(f"{name}\t4680251\t")
    assert "ENST" in written
    assert "NC_000020.10:g.4680251A>G" in written


@pytest.mark.parametrize(
    ("header", "told"),
    [
        ("", ["##fileformat is missing", "#CHROM is missing"]),
        ("##fileformat=VCFv4.2\n", ["#CHROM is missing"]),
        (WITH_SAMPLE.splitlines()[1] + "\n", ["##fileformat is missing"]),
        (WITH_SAMPLE.replace("POS\tID", "POS  ID"), ["blanks where tabs belong"]),
        (WITH_SAMPLE[:-1] + "\t\n", ["A sample has no name"]),
        ("\n\n" + WITH_SAMPLE, []),
    ],
)
def test_headers_that_lack_something(
    write_vcf: Write, demo: Pack, header: str, told: list[str]
) -> None:
    source = write_vcf(*RIGHT, header=header)
    out = source.with_name("out.annot.vcf")
    receipt = annotate(source, out, demo)
    assert (receipt.annotated, receipt.skipped) == (len(RIGHT), {})
    assert len(receipt.warnings) == len(told)
    for warning, words in zip(receipt.warnings, told, strict=True):
        assert words in warning
    lines = out.read_text().splitlines()
    assert lines[0].startswith("##fileformat=VCFv4")
    assert sum(line.startswith("#CHROM\tPOS\tID\t") for line in lines) == 1


def test_breaches_that_do_not_matter_are_told_once_each(write_vcf: Write, demo: Pack) -> None:
    odd = "20\t4680251\trs 1\tA\tG\t-3\t.\tDP=x\tGT\t0/9"
    source = write_vcf(*[odd] * 40, header=WITH_SAMPLE)
    receipt = annotate(source, source.with_name("out.annot.vcf"), demo)
    assert (receipt.annotated, receipt.errors) == (40, 0)
    assert len(receipt.warnings) == 5  # ID, QUAL, INFO, genotype, the variant comes again
    assert receipt.warnings[0].startswith("line 3, column 12: ID is 'rs 1'")
    assert sum(w.endswith(" And 39 more.") for w in receipt.warnings) == 4
