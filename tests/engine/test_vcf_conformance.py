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

from anntools import InputRefused, Problem
from anntools.vcfio.header import read_header
from anntools.vcfio.reader import Source
from anntools.vcfio.validator import Validator
from tests.engine.conftest import SHARED

FILES = SHARED / "vcf_conformance"

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
