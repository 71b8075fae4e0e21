"""The offending line is found, however the file is packed, or left out."""

import gzip
from pathlib import Path

import pytest

import anntools
from annotator import refusals
from annotator.refusals import MOST_SHOWN, line_of, told

LINES = [f"line {number}" for number in range(1, 2001)]


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("ending", ["\n", "\r\n"])
@pytest.mark.parametrize("chunk", [7, 64, 1 << 20])
def test_any_line_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, packed: bool, ending: str, chunk: int
) -> None:
    monkeypatch.setattr(refusals, "_CHUNK", chunk)
    content = ending.join(LINES).encode()
    path = tmp_path / "input"
    path.write_bytes(gzip.compress(content) if packed else content)
    for number in (1, 2, 9, 10, 777, 2000):
        assert line_of(path, number) == f"line {number}"
    assert line_of(path, 2001) == ""


@pytest.mark.parametrize("content", [b"", b"\x1f\x8bnot gzip at all", b"BCF\x02\x02\nbinary\n"])
def test_what_cannot_be_read_is_left_out(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "input"
    path.write_bytes(content)
    assert line_of(path, 2) == ""


def test_a_truncated_file_still_shows_what_came_before_the_cut(tmp_path: Path) -> None:
    path = tmp_path / "input"
    whole = gzip.compress("\n".join(LINES).encode())
    path.write_bytes(whole[: len(whole) // 2])
    assert line_of(path, 1999) == ""


def test_a_problem_is_told_in_full_and_bounded(tmp_path: Path) -> None:
    path = tmp_path / "input"
    path.write_text("first\n" + "A" * 5000 + "\n")
    problem = anntools.Problem(
        "bad_reference_allele", "REF is 'Q'.", "f.vcf", 2, 3, "Q", "A, " * 500, "Fix it.", "VCF 4.3"
    )
    failure = told(problem, path)
    assert (failure["line"], failure["column"], failure["found"]) == (2, 3, "Q")
    assert failure["rule"] == "VCF 4.3"
    assert len(failure["text"]) == len(failure["expected"]) == MOST_SHOWN


def test_a_problem_of_the_whole_file_has_no_line(tmp_path: Path) -> None:
    failure = told(anntools.Problem("empty_file", "The file is empty."), tmp_path / "gone")
    assert (failure["line"], failure["text"]) == (None, "")
