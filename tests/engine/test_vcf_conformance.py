"""The valid and invalid files of the VCF specification, and what packages keep as oddities.

Verdicts are those of the specification's own tests (``manifest.tsv``). A file that we judge
otherwise stands in EXPLAINED with the reason; ``docs/engine/input.md`` tells the same.
"""

from __future__ import annotations

import csv
import gzip
import re
import tarfile
from itertools import chain
from pathlib import Path

import pytest

from anntools import InputRefused, Options, Pack, Problem, Receipt, annotate, open_pack
from anntools.pack.command import build_from_files
from anntools.problems import REASON_CODES
from anntools.vcfio.header import read_header
from anntools.vcfio.reader import Source
from anntools.vcfio.validator import Validator
from tests.engine.conftest import SHARED

FILES = SHARED / "vcf_conformance"
LOOSE, STRICT = Options(sign=False), Options(sign=False, strict=True)

# Files whose verdict we do not share, and what we find in them.
EXPLAINED = {
    # Two records are out of order, and the last line has no line feed: VCF 4.5, 1.6 and 1.6.1.
    "4.5/passed/zero_length_LAA.vcf": {"not_sorted", "no_final_newline"},
}

# What must be found in the invalid files, by the kind that their names tell: one code of each set.
CAUSES = {
    "body_alt": {"bad_alternate_allele"},
    "body_chrom": {"bad_contig_name"},
    "body_contiguous": {"contig_in_pieces"},
    "body_duplicated": {"duplicate_variant"},
    "body_filter": {"bad_filter"},
    "body_format": {"bad_key", "genotype_not_first", "bad_genotype", "duplicate_key"},
    "body_id": {"bad_id"},
    "body_info": {
        *("wrong_number_of_values", "negative_value", "wrong_type", "flag_with_value"),
        *("bad_key", "duplicate_key"),
    },
    "body_info_integer_overflow": {"integer_out_of_range"},
    "body_info_integer_reserved": {"integer_out_of_range"},
    "body_info_integer_underflow": {"integer_out_of_range"},
    "body_no_newline": {"no_final_newline"},
    "body_pos": {"position_not_a_number"},
    "body_qual": {"bad_quality"},
    "body_ref": {"bad_reference_allele"},
    "body_sample": {
        *("bad_genotype", "allele_out_of_range", "too_many_fields", "wrong_number_of_values"),
        *("wrong_type", "duplicate_sample"),
    },
    "body_samples_ploidy": {"wrong_number_of_values"},
    "body_unsorted": {"not_sorted"},
    "empty": {"not_a_vcf"},
    "empty_sample": {"empty_file"},
    "fileformat": {"bad_fileformat"},
    "header": {"bad_column_header", "no_samples"},
    "meta": {"bad_meta_line", "stray_line"},
    "meta_alt": {
        *("bad_id", "bad_number", "bad_type", "unquoted_description", "wrong_order"),
        "bad_meta_line",
    },
    "meta_assembly": {"bad_meta_line", "bad_url"},
    "meta_contig": {"missing_id", "bad_contig_name", "bad_meta_line"},
    "meta_format": {
        *("bad_number", "bad_type", "unquoted_description", "wrong_order"),
        *("reserved_type", "reserved_number"),
    },
    "meta_info": {
        *("bad_number", "bad_type", "unquoted_description", "wrong_order"),
        *("reserved_type", "reserved_number"),
    },
    "meta_meta": {"bad_number", "bad_type", "bad_values", "wrong_order"},
    "meta_pedigree": {"bad_id", "bad_meta_line", "missing_id"},
    "meta_pedigreedb": {"bad_url"},
    "meta_sample": {"missing_attribute", "quoted_value", "missing_id", "bad_id", "bad_meta_line"},
}

# Files of other suites that are refused as a whole; all others are read to their end.
REFUSED = {
    "Homo_sapiens_assembly38.tile_db_header.vcf": "no_column_header",
    "corrupt_file_that_starts_with_#.vcf": "not_a_vcf",
    "example_empty.vcf": "empty_file",
    "issue85.vcf": "no_column_header",
    "example-4.2.vcf.gz": "bad_column_header",
    "issue_49.vcf.gz": "bad_column_header",
    "metadata-whitespace.vcf.gz": "bad_column_header",
    "test_vcf.py.gz": "not_a_vcf",
    "vcf.vcf": "not_a_vcf",
    "README.txt": "not_a_vcf",
}


def verdicts() -> list[tuple[str, str]]:
    """Path and verdict of the files that have one."""
    table = FILES / "manifest.tsv"
    if not table.is_file():
        return []
    with table.open(encoding="utf-8") as lines:
        return [(row["path"], row["expected"]) for row in csv.DictReader(lines, delimiter="\t")]


@pytest.fixture(scope="module")
def unpacked(tmp_path_factory: pytest.TempPathFactory, shared_data: Path) -> Path:
    """A folder with the files of all archives."""
    folder = tmp_path_factory.mktemp("conformance")
    for archive in sorted((shared_data / "vcf_conformance").glob("*.tar.xz")):
        with tarfile.open(archive) as files:
            files.extractall(folder, filter="data")
    return folder


def diagnose(path: Path) -> list[Problem]:
    """All breaches in a file; the refusal if it cannot be read."""
    source = Source(path, path.name, 1 << 28)
    chunks = source.lines(1 << 20)
    try:
        header, rest = read_header(chunks, path.name)
        validator = Validator(header, path.name)
        line = header.lines + 1
        for chunk in chain([rest] if rest else [], chunks):
            validator.records(chunk, line)
            line += chunk.count(b"\n")
        validator.finish(open_end=source.open_end)
    except InputRefused as refusal:
        return [refusal.problem]
    return validator.problems


@pytest.mark.skipif(not verdicts(), reason=f"the conformance files are not at {FILES}")
@pytest.mark.parametrize(("path", "expected"), verdicts())
def test_verdict(unpacked: Path, path: str, expected: str) -> None:
    problems = diagnose(unpacked / path)
    codes = {problem.code for problem in problems}
    if path in EXPLAINED:
        assert codes == EXPLAINED[path]
    elif expected == "valid":
        assert problems == []
    else:
        kind = re.sub(r"_\d+$", "", Path(path).stem).removeprefix("failed_")
        assert codes & CAUSES[kind]
    for problem in problems:
        assert problem.message
        assert problem.remedy
        if problem.code != "empty_file":
            assert problem.line
            assert problem.rule.startswith("VCF ")


def test_oddities_are_read_or_refused_with_a_reason(unpacked: Path) -> None:
    folders = [p for p in unpacked.iterdir() if p.is_dir() and not p.name.startswith("4.")]
    files = [p for folder in folders for p in folder.rglob("*") if p.is_file()]
    if not files:
        pytest.skip("the archives hold no other files")
    fatal = set(REFUSED.values()) - {"bad_column_header"}
    for path in files:
        problems = diagnose(path)
        if path.name in REFUSED:
            assert [p.code for p in problems] == [REFUSED[path.name]], path
        assert path.name in REFUSED or not {p.code for p in problems[:1]} & fatal, path
        assert all(problem.message for problem in problems)


def whole_lines(path: Path) -> list[bytes]:
    """The lines of a file as the reader gives them."""
    return b"".join(Source(path, path.name, 1 << 28).lines(1 << 16)).splitlines()


@pytest.mark.parametrize("folder", ["vcf_real", "anntools_samples"])
def test_real_files_are_read_to_their_end(shared_data: Path, folder: str) -> None:
    for path in sorted((shared_data / folder).iterdir()):
        data = path.read_bytes()
        text = gzip.decompress(data) if data[:2] == b"\x1f\x8b" else data
        assert whole_lines(path) == text.splitlines()


GENES = """##gff-version 3
1\t.\tgene\t1001\t1400\t.\t+\t.\tID=gene:G1;Name=SYM;biotype=lncRNA
1\t.\tlnc_RNA\t1001\t1400\t.\t+\t.\tID=transcript:T1;Parent=gene:G1;biotype=lncRNA
1\t.\texon\t1001\t1400\t.\t+\t.\tParent=transcript:T1
"""


@pytest.fixture(scope="module")
def any_genome(tmp_path_factory: pytest.TempPathFactory) -> Pack:
    """A pack that has the contigs of the test files and knows none of their bases."""
    folder = tmp_path_factory.mktemp("any_genome")
    names = [*map(str, range(20)), "X", "1ABC", "1.A", "<1>", "<2>", "<1A>", "<1*>"]
    (folder / "g.fa").write_text("".join(f">{name}\n{'N' * 300_000}\n" for name in names))
    (folder / "g.gff3").write_text(GENES)
    build_from_files(folder / "g.fa", folder / "g.gff3", folder / "pack")
    return open_pack(folder / "pack")


@pytest.mark.skipif(not verdicts(), reason=f"the conformance files are not at {FILES}")
def test_every_file_runs(unpacked: Path, any_genome: Pack, tmp_path: Path) -> None:
    """Valid files are annotated without a word; of invalid ones something is told, as far as they
    are annotated; strict refuses them. A third of the files is enough here."""
    for path, expected in verdicts()[::3]:
        told = annotated_or_refused(unpacked / path, tmp_path / "out.annot.vcf", any_genome)
        assert bool(told) == (expected == "invalid" or path in EXPLAINED), path
        strict = annotated_or_refused(unpacked / path, tmp_path / "s.vcf", any_genome, STRICT)
        assert bool(strict) == bool(told), path


def annotated_or_refused(
    source: Path, out: Path, pack: Pack, options: Options = LOOSE
) -> list[str]:
    """What a run tells about a file: its warnings and problems, or why it refuses the file."""
    try:
        receipt = annotate(source, out, pack, options)
    except InputRefused as refusal:
        return [refusal.problem.message + refusal.problem.remedy]
    if receipt.records_in != receipt.annotated + receipt.skipped_total:
        raise AssertionError(f"{source}: records were lost")
    return receipt.warnings + [problem["message"] for problem in receipt.problems]


@pytest.fixture(scope="module")
def other_real_files(tmp_path_factory: pytest.TempPathFactory, shared_data: Path) -> Path:
    """What other annotators keep as test data."""
    folder = tmp_path_factory.mktemp("real")
    for name in ("gemini_vep_snpeff_vcfs", "vep_testdata"):
        with tarfile.open(shared_data / "truth" / f"{name}.tar.xz") as files:
            files.extractall(folder, filter="data")
    return folder


def test_real_files_run(
    shared_data: Path, other_real_files: Path, unpacked: Path, demo: Pack, tmp_path: Path
) -> None:
    """No record is lost; a file is refused only when not one of its records is right."""
    folders = (shared_data / "vcf_real", shared_data / "anntools_samples", other_real_files)
    files = [p for folder in (*folders, unpacked) for p in folder.rglob("*.vcf*") if p.is_file()]
    assert len(files) > 100
    counted = 0
    for path in files:
        if path.parent.parent.name.startswith("4.") or path.suffix in (".tbi", ".csi", ".idx"):
            continue
        out = tmp_path / "out.annot.vcf.gz"
        receipt, refused = annotated(path, out, demo)
        if receipt is None:
            assert path.name in REFUSED or refused in (*REASON_CODES, "not_a_vcf"), path
            continue
        counted += receipt.records_in
        assert receipt.records_in == receipt.annotated + receipt.skipped_total
        lines = gzip.decompress(out.read_bytes()).splitlines()
        written = sum(not line.startswith(b"#") for line in lines)
        assert written == receipt.records_out == receipt.records_in, path
    assert counted > 50_000


def annotated(source: Path, out: Path, pack: Pack) -> tuple[Receipt | None, str]:
    """The receipt, or the code of the refusal."""
    try:
        return annotate(source, out, pack, LOOSE), ""
    except InputRefused as refusal:
        return None, refusal.problem.code
