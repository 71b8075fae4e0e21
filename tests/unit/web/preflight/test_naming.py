"""What a contig of a file is, by its name and its length."""

import pytest

from tests.unit.web.fake_engine import PACK, FakeEngine
from web.preflight.naming import Chromosomes, match_contigs, plain_name

CHROMOSOMES = Chromosomes(FakeEngine().chromosomes())
LENGTH_37, LENGTH_38 = 63_025_520, 64_444_167


def match(names: dict[str, int | None], **renamed: str) -> dict[str, tuple[str | None, str | None]]:
    found = match_contigs(names, PACK, CHROMOSOMES, renamed)
    return {contig.name: (contig.known_as, contig.suggested) for contig in found}


@pytest.mark.parametrize(
    ("name", "plain"),
    [
        ("chr20", "20"),
        ("20", "20"),
        ("Chr_020", "20"),
        ("chromosome 20", "20"),
        ("CHROM-20", "20"),
        ("chr20.fa", "20"),
        ("hg19.chr20", "20"),
        ("20_maternal", "20"),
        ("chrx", "X"),
        ("23", "X"),
        ("24", "Y"),
        ("26", "MT"),
        ("M", "MT"),
        ("chrM", "MT"),
        ("mitochondrion", "MT"),
        ("chr20_gl000205_random", ""),
        ("hs37d5", ""),
        ("HLA-A*01:01:01:01", ""),
        ("phix", ""),
    ],
)
def test_the_plain_name(name: str, plain: str) -> None:
    assert plain_name(name) == plain


@pytest.mark.parametrize(
    ("name", "length", "answer"),
    [
        ("20", None, ("20", None)),
        ("CHR20", None, ("20", None)),
        ("NC_000020.10", None, ("20", None)),
        ("Chr_020", None, (None, "20")),
        ("Chr_020", LENGTH_37, (None, "20")),
        ("Chr_020", LENGTH_38, (None, None)),
        ("CM000682.1", None, (None, "20")),
        ("gi|224589812|ref|NC_000020.10|", None, (None, "20")),
        ("NC_000020.11", None, (None, None)),
        ("NC_007605.1", None, (None, None)),
        ("contig_with_no_name", LENGTH_37, (None, "20")),
        ("contig_with_no_name", 16_569, (None, None)),
        ("21", None, (None, None)),
        ("7", 63_025_520, (None, None)),
    ],
)
def test_known_names_need_no_help_and_others_get_it_where_all_signs_agree(
    name: str, length: int | None, answer: tuple[str | None, str | None]
) -> None:
    assert match({name: length})[name] == answer


def test_two_contigs_are_never_the_same_one() -> None:
    found = match({"chr_20": None, "20": None, "chr-m": None, "mito": None})
    assert found == {
        "chr_20": (None, None),
        "20": ("20", None),
        "chr-m": (None, "MT"),
        "mito": (None, None),
    }


def test_what_was_renamed_already_is_known() -> None:
    assert match({"weird": None}, weird="20") == {"weird": ("20", None)}


def test_the_chromosome_is_told_also_where_the_pack_has_it_not() -> None:
    (contig,) = match_contigs({"chr20": LENGTH_38}, PACK, CHROMOSOMES, {})
    assert contig.chromosome is not None
    assert contig.chromosome.assembly == "GRCh38"
