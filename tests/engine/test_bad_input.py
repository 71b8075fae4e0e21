"""Every kind of bad input ends in a message with place, cause and remedy; never in a traceback."""

from __future__ import annotations

import gzip
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from anntools import InputRefused, Options, Pack, annotate
from tests.engine import bgzf
from tests.engine.conftest import HEADER, ROOT

GOOD = "20\t4680251\trs1799990\tA\tG\t.\t.\t."
TEXT = (HEADER + GOOD + "\n").encode()

WHOLE_FILES = {
    "empty.vcf": (b"", "empty_file", None),
    "empty.vcf.gz": (gzip.compress(b""), "empty_file", None),
    "prose.vcf": (b"Dear all,\nplease find\n", "not_a_vcf", 1),
    "page.vcf": (b"<html><body>404</body></html>", "not_a_vcf", 1),
    "binary.vcf": (bytes(range(256)) * 8, "binary_file", None),
    "reads.vcf": (b"BAM\x01" + bytes(40), "not_a_vcf", None),
    "variants.bcf": (bgzf.compress(b"BCF\x02\x02" + bytes(40)), "damaged_bcf", None),
    "old.bcf": (b"BCF\x01" + bytes(40), "not_a_vcf", None),
    "index.vcf.gz": (bgzf.compress(b"TBI\x01" + bytes(40)), "not_a_vcf", None),
    "archive.vcf": (b"PK\x03\x04" + bytes(40), "not_a_vcf", None),
    "utf16.vcf": (TEXT.decode().encode("utf-16"), "not_a_vcf", None),
    "cut.vcf.gz": (gzip.compress(TEXT * 50, mtime=0)[:-12], "truncated_compression", None),
    "damaged.vcf.gz": (b"\x1f\x8b\x08\x00" + b"rubbish" * 30, "damaged_compression", None),
    "header_only_cut.vcf": (b"##fileformat=VCFv4.2\n", "no_column_header", 1),
    "old_mac.vcf": (TEXT.replace(b"\n", b"\r"), "old_line_ends", 1),
    "blanks.vcf": (TEXT.replace(b"\t", b" "), "bad_column_header", 2),
    "columns.vcf": (TEXT.replace(b"POS", b"POSITION"), "bad_column_header", 2),
    "broken_header.vcf": (TEXT.replace(b"#CHROM", b'linebreak">\n#CHROM'), "stray_line", 2),
}


@pytest.mark.parametrize("name", WHOLE_FILES)
def test_a_file_that_is_no_vcf_is_refused(tmp_path: Path, demo: Pack, name: str) -> None:
    data, code, line = WHOLE_FILES[name]
    path = tmp_path / name
    path.write_bytes(data)
    with pytest.raises(InputRefused) as caught:
        annotate(path, tmp_path / "out" / "x.annot.vcf.gz", demo)
    problem = caught.value.problem
    assert (problem.code, problem.line) == (code, line)
    assert problem.file == name
    assert problem.message
    assert problem.remedy
    assert not list((tmp_path / "out").iterdir())  # nothing is left behind


RECORDS = {
    "too_few_columns": ("20\t100\t.\tA", 11),
    "position_not_a_number": ("20\t1e5\t.\tA\tG\t.\t.\t.", 4),
    "position_outside_contig": ("20\t99999999\t.\tA\tG\t.\t.\t.", 4),
    "unknown_contig": ("GL000192.1\t100\t.\tA\tG\t.\t.\t.", 1),
    "bad_reference_allele": ("20\t4680251\t.\tZ\tG\t.\t.\t.", 14),
    "reference_mismatch": ("20\t4680250\t.\tCG\tG\t.\t.\t.", 15),
    "bad_alternate_allele": ("20\t4680251\t.\tA\tG,!\t.\t.\t.", 18),
    "header_line_among_records": ("##late=1", 1),
    "wrong_column_count": ("20\t4680251\t.\tA\tG\t.\t.\t.\tGT", 23),
}


@pytest.mark.parametrize("code", RECORDS)
def test_a_bad_record_among_good_ones(
    write_vcf: Callable[..., Path], tmp_path: Path, demo: Pack, code: str
) -> None:
    record, column = RECORDS[code]
    path = write_vcf(GOOD, record, GOOD)
    out = tmp_path / "x.annot.vcf"
    receipt = annotate(path, out, demo)
    assert (receipt.records_in, receipt.annotated, receipt.skipped) == (3, 2, {code: 1})
    (problem,) = receipt.problems
    assert (problem["code"], problem["line"], problem["column"]) == (code, 4, column)
    assert problem["remedy"]
    assert out.read_text().splitlines()[-2] == record
    log = (tmp_path / "x.vcf.count.log").read_text()
    assert f"line 4, column {column}" in log


@pytest.mark.parametrize("code", RECORDS)
def test_strict_refuses_at_the_first_bad_record(
    write_vcf: Callable[..., Path], tmp_path: Path, demo: Pack, code: str
) -> None:
    path = write_vcf(GOOD, RECORDS[code][0], GOOD)
    with pytest.raises(InputRefused) as caught:
        annotate(path, tmp_path / "x.annot.vcf", demo, Options(strict=True))
    assert (caught.value.problem.code, caught.value.problem.line) == (code, 4)
    assert not (tmp_path / "x.annot.vcf").exists()


def test_reference_mismatch_says_what_was_expected(
    write_vcf: Callable[..., Path], tmp_path: Path, demo: Pack
) -> None:
    path = write_vcf("20\t4680251\t.\tC\tG\t.\t.\t.")
    with pytest.raises(InputRefused) as caught:  # no record is right: the whole file is refused
        annotate(path, tmp_path / "x.annot.vcf", demo)
    problem = caught.value.problem
    assert (problem.found, problem.expected) == ("C", "A")
    assert "genome build" in problem.remedy


@pytest.mark.parametrize(
    ("record", "reason"),
    [
        ("20\t100000\t.\tA\t.\t.\t.\t.", "no_alternate_allele"),
        ("20\t100000\t.\tA\t<NON_REF>\t.\t.\tEND=100100", "no_alternate_allele"),
        ("20\t100000\t.\tA\t*\t.\t.\t.", "no_alternate_allele"),
        ("20\t100000\t.\tA\ta\t.\t.\t.", "no_alternate_allele"),
        ("20\t100000\t.\tA\t<*>\t.\t.\tEND=100100", "no_alternate_allele"),
        ("20\t100000\t.\tA\t<X>,*,.\t.\t.\t.", "no_alternate_allele"),
        ("X\t100000000\t.\tA\tG\t.\t.\t.", "not_covered"),
        ("20\t0\t.\tN\t]20:500]N\t.\t.\t.", "not_covered"),
        ("20\t63025521\t.\tN\tN[20:500[\t.\t.\t.", "not_covered"),
    ],
)
def test_valid_records_without_annotation_are_no_faults(
    write_vcf: Callable[..., Path], tmp_path: Path, demo: Pack, record: str, reason: str
) -> None:
    receipt = annotate(write_vcf(record), tmp_path / "x.annot.vcf", demo)
    assert (receipt.skipped, receipt.errors, receipt.problems) == ({reason: 1}, 0, [])


@pytest.mark.parametrize(
    "record",
    [
        "20\t100000\t.\tA\t<DEL>\t.\t.\tEND=100100",
        "20\t100000\t.\tA\tA[X:1000[\t.\t.\t.",
        "20\t100000\t.\tA\tAC.\t.\t.\t.",
        "20\t100000\t.\tA\tA<ctg1>\t.\t.\t.",
        "20\t100000\t.\tA\t<DUP:TANDEM>,G,<*>\t.\t.\tSVLEN=7",
        "nc_000020.10\t4680251\t.\ta\tg\t.\t.\t.",
    ],
)
def test_every_form_of_alt_is_annotated(
    write_vcf: Callable[..., Path], tmp_path: Path, demo: Pack, record: str
) -> None:
    receipt = annotate(write_vcf(record), tmp_path / "x.annot.vcf", demo)
    assert (receipt.annotated, receipt.skipped) == (1, {})


def test_indels_of_vcf_3_are_passed_through_where_bases_are_not_known(
    write_vcf: Callable[..., Path], tmp_path: Path, demo: Pack
) -> None:
    header = '##fileformat=VCFv3.3\n##INFO=NS,1,Integer,"Samples"\n' + HEADER.splitlines()[1] + "\n"
    records = (GOOD, "20\t100000\t.\tA\tD2\t.\t0\t.", "20\t4680251\t.\tA\tG,IAC\t-1\t0\tNS=1")
    receipt = annotate(write_vcf(*records, header=header), tmp_path / "x.annot.vcf", demo)
    assert (receipt.annotated, receipt.skipped) == (2, {"bad_alternate_allele": 1})
    assert "Convert the file to VCF 4" in receipt.problems[0]["remedy"]


def test_many_faults_are_all_counted_and_the_first_listed(
    write_vcf: Callable[..., Path], tmp_path: Path, demo: Pack
) -> None:
    path = write_vcf(GOOD, *[RECORDS["unknown_contig"][0]] * 500)
    receipt = annotate(path, tmp_path / "x.annot.vcf", demo, Options(listed=7, chunk_size=999))
    assert receipt.errors == 500
    assert [p["line"] for p in receipt.problems] == list(range(4, 11))


def test_a_header_without_records_is_valid(
    write_vcf: Callable[..., Path], tmp_path: Path, demo: Pack
) -> None:
    assert annotate(write_vcf(), tmp_path / "x.annot.vcf", demo).records_in == 0


def test_limits_stop_bombs(tmp_path: Path, demo: Pack) -> None:
    path = tmp_path / "bomb.vcf.gz"
    path.write_bytes(gzip.compress(HEADER.encode() + b"A" * (8 << 20)))
    with pytest.raises(InputRefused) as caught:
        annotate(path, tmp_path / "x.annot.vcf", demo, Options(max_line=1 << 20))
    assert caught.value.problem.code == "line_too_long"
    path.write_bytes(gzip.compress(HEADER.encode() + (GOOD.encode() + b"\n") * 20000))
    with pytest.raises(InputRefused) as caught:
        annotate(path, tmp_path / "x.annot.vcf", demo, Options(max_output=100_000))
    assert caught.value.problem.code == "output_too_large"


def test_memory_is_bounded_whatever_unpacks(
    write_vcf: Callable[..., Path], tmp_path: Path, demo: Pack
) -> None:
    annotate(write_vcf(GOOD), tmp_path / "x.annot.vcf", demo)  # compiles, if need be
    path = tmp_path / "bomb.vcf.gz"
    record = b"20\t4680251\t.\tA\tG\t.\t.\tX=" + b"X" * 500_000 + b"\n"
    path.write_bytes(gzip.compress(HEADER.encode() + record * 400))
    assert path.stat().st_size < 1_000_000
    code = (
        "import sys\n"
        "from anntools import Options, annotate\n"
        "receipt = annotate(sys.argv[1], sys.argv[2], 'demo', Options(sign=False))\n"
        "status = open('/proc/self/status').read()\n"
        "print(receipt.annotated, status.partition('VmHWM:')[2].split()[0])\n"
    )
    command = [sys.executable, "-c", code, str(path), str(tmp_path / "out.annot.vcf.gz")]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=True)
    annotated, kibibytes = map(int, done.stdout.split())
    assert annotated == 400
    assert kibibytes < 300_000
