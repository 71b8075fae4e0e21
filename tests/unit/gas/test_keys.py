import pytest
from hypothesis import given
from hypothesis import strategies as st

from gas.errors import InvalidUpload
from gas.keys import (
    ascii_name,
    build_key,
    input_key,
    new_archive_key,
    own_stem,
    parse_key,
    result_name,
    stem_of,
    stored_name,
)
from tests.support.jobs import OTHER_USER, USER

JOB = "33333333-3333-4333-8333-333333333333"


@pytest.mark.parametrize(
    ("given_name", "expected"),
    [
        ("sample.vcf", "sample.vcf"),
        ("C:\\data\\sample.vcf", "sample.vcf"),
        ("../../etc/passwd", "passwd"),
        ("tumour α β.vcf.gz", "tumour.vcf.gz"),
        ("très long.vcf", "tres_long.vcf"),
        ("a; rm -rf $(x).vcf", "a_rm_-rf_x.vcf"),
        ("日本.vcf", "upload.vcf"),
        ("", "upload.vcf"),
        ("...", "upload.vcf"),
        ("x" * 300 + ".vcf.gz", "x" * 93 + ".vcf.gz"),
    ],
)
def test_names_become_safe_ascii(given_name: str, expected: str) -> None:
    assert ascii_name(given_name) == expected


@pytest.mark.parametrize(
    ("name", "stem"),
    [
        ("NAME.vcf", "NAME"),
        ("NAME.vcf.gz", "NAME"),
        ("NAME.VCF.BGZ", "NAME"),
        ("vcf.vcf", "vcf"),
        ("fcv.vcf", "fcv"),
        ("cohort.v.c.f", "cohort.v.c.f"),
        ("NAME.gz", "NAME"),
        (".vcf", "upload"),
    ],
)
def test_stem_is_what_results_are_named_after(name: str, stem: str) -> None:
    assert stem_of(name) == stem


@pytest.mark.parametrize(
    ("input_name", "stored", "shown"),
    [
        ("NAME.vcf.gz", "NAME.annot.vcf.gz", "NAME.annot.vcf.gz"),
        ("日本.vcf", "upload.annot.vcf.gz", "日本.annot.vcf.gz"),
        ("tumour α.vcf", "tumour.vcf.count.log", "tumour α.vcf.count.log"),
    ],
)
def test_results_carry_the_users_own_letters(input_name: str, stored: str, shown: str) -> None:
    assert result_name(input_name, stored) == shown
    assert stored_name(input_name, shown) == stored


@given(st.text(max_size=300))
def test_the_receipt_names_results_as_they_are_downloaded(name: str) -> None:
    written = f"{own_stem(name)}.annot.vcf.gz"
    assert "/" not in written
    assert len(written.encode()) < 230
    stored = stored_name(name, written)
    assert build_key("", USER, JOB, stored)
    assert result_name(name, stored) == written


@given(st.text(max_size=300))
def test_every_name_makes_a_key_that_parses_back(name: str) -> None:
    key = input_key("lab/", USER, JOB, name)
    parts = parse_key("lab/", key)
    assert key.isascii()
    assert (parts.user_id, parts.job_id) == (USER, JOB)


@pytest.mark.parametrize(
    "key",
    [
        "",
        "sample.vcf",
        f"{USER}/{JOB}~sample.vcf",  # without the prefix
        f"lab/{USER}/{JOB}",
        f"lab/{USER}/{JOB}~",
        f"lab/{USER}/{JOB}~a/b.vcf",
        f"lab/{USER}/../{OTHER_USER}/{JOB}~a.vcf",
        f"lab/{USER.upper()}X/{JOB}~a.vcf",
        f"lab/{USER}/{JOB}~a.vcf\n",
        f"lab/lab/{USER}/{JOB}~a.vcf",
    ],
)
def test_foreign_keys_are_refused(key: str) -> None:
    with pytest.raises(InvalidUpload):
        parse_key("lab/", key)


def test_a_key_cannot_be_built_from_a_path() -> None:
    with pytest.raises(ValueError, match="not a valid object key"):
        build_key("", USER, JOB, "../x")


def test_an_archive_has_a_key_of_its_own_each_time() -> None:
    first, second = (new_archive_key(USER, JOB, "annotated") for _ in range(2))
    assert first != second
    assert first.startswith(f"{USER}/{JOB}~annotated~")


@pytest.mark.parametrize("file", ["", "a~b", "a/b", "x" * 33])
def test_an_archive_key_names_a_file_of_the_results(file: str) -> None:
    with pytest.raises(ValueError, match="not a valid archive key"):
        new_archive_key(USER, JOB, file)
