"""``contig_names``: a file that calls its contigs otherwise is annotated all the same."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

import anntools
from anntools import Options, UsageProblem, annotate
from anntools.cli import run
from tests.engine.conftest import HEADER, info_of

MISSENSE = "{}\t4680251\t.\tA\tG\t.\t.\t."
WRITE = Callable[..., Path]


def lines_of(path: Path) -> list[str]:
    return [line for line in path.read_text().splitlines() if not line.startswith("#")]


@pytest.mark.parametrize("threads", [1, 2])
def test_a_renamed_contig_is_annotated_and_stays_as_it_is_written(
    write_vcf: WRITE, tmp_path: Path, threads: int
) -> None:
    plain = write_vcf(MISSENSE.format("20"), name="plain.vcf")
    strange = write_vcf(MISSENSE.format("kontig twenty"), name="strange.vcf")
    names = {"kontig twenty": "20", "other": "MT"}
    options = Options(sign=False, contig_names=names, table=str(tmp_path / "t.parquet"))
    receipt = annotate(strange, tmp_path / "strange.annot.vcf", "demo", options)
    annotate(plain, tmp_path / "plain.annot.vcf", "demo", Options(sign=False, threads=threads))
    (one,), (two,) = (lines_of(tmp_path / f"{n}.annot.vcf") for n in ("plain", "strange"))
    assert two == one.replace("20\t", "kontig twenty\t", 1)
    assert "missense_variant" in info_of(two)["CSQ"]
    assert receipt.options["contig_names"] == names
    assert anntools.read_table(tmp_path / "t.parquet", ["chrom"]).to_pylist() == [
        {"chrom": "kontig twenty"}
    ]


def test_the_name_given_wins_over_the_packs_own(write_vcf: WRITE, tmp_path: Path) -> None:
    """A file in which contig MT is what the pack calls 20."""
    source = write_vcf(MISSENSE.format("MT"), "mt\t3243\t.\tA\tG\t.\t.\t.")
    output = tmp_path / "out.vcf"
    annotate(source, output, "demo", Options(sign=False, contig_names={"MT": "chr20"}))
    first, second = lines_of(output)
    assert "|PRNP|" in info_of(first)["CSQ"]
    assert "NC_000020.10:g.3243A>G" in info_of(second)["CSQ"]  # "mt" is MT in other letters


def test_haplotypes_know_the_name(write_vcf: WRITE, tmp_path: Path) -> None:
    header = HEADER.replace("INFO\n", "INFO\tFORMAT\tA\n").replace(
        "#CHROM", '##FORMAT=<ID=GT,Number=1,Type=String,Description="x">\n#CHROM'
    )
    source = write_vcf(
        *(
            f"k\t{pos}\t.\t{ref}\t{alt}\t.\t.\t.\tGT\t0|1"
            for pos, ref, alt in ((4680251, "A", "G"), (4680252, "T", "C"))
        ),
        header=header,
    )
    output = tmp_path / "out.vcf"
    options = Options(sign=False, contig_names={"k": "20"}, haplotypes=True, format="bcsq")
    annotate(source, output, "demo", options)
    assert "129M>129A" in lines_of(output)[0]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"contig_names": {"k": "21"}}, "'k' cannot be read as '21'.*20, X, Y, MT"),
        ({"contig_names": {"": "20"}}, "cannot be read as"),
        ({"contig_names": {"k": "20"}, "lift": __file__}, "lifted"),
    ],
)
def test_what_cannot_be_is_refused(
    write_vcf: WRITE, tmp_path: Path, changes: dict[str, object], words: str
) -> None:
    source = write_vcf(MISSENSE.format("k"))
    with pytest.raises(UsageProblem, match=words):
        annotate(source, tmp_path / "out.vcf", "demo", Options(sign=False, **changes))  # type: ignore[arg-type]
    assert not (tmp_path / "out.vcf").exists()


def test_the_command_takes_pairs_and_files(
    write_vcf: WRITE, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = write_vcf(MISSENSE.format("k20"), "kMT\t3243\t.\tA\tG\t.\t.\t.")
    renames = tmp_path / "names.txt"
    renames.write_text("# the file's\tthe pack's\nkMT\tMT\n\n")
    call = ["annotate", str(source), "-o", str(tmp_path / "out.vcf"), "--no-sign", "--json"]
    assert run([*call, "--rename", "k20=20", "--rename", str(renames)]) == 0
    receipt = json.loads(capsys.readouterr().out)
    assert receipt["options"]["contig_names"] == {"k20": "20", "kMT": "MT"}
    assert receipt["annotated"] == 2


@pytest.mark.parametrize(
    ("renames", "words"),
    [
        (["k20="], "OLD=NEW"),
        (["=20"], "OLD=NEW"),
        (["k=20", "k=MT"], "one name"),
        (["no-such-file"], "neither"),
        (["three"], "line 1"),
        (["k=7"], "cannot be read as '7'"),
    ],
)
def test_the_command_says_what_is_wrong_with_a_rename(
    write_vcf: WRITE,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    renames: list[str],
    words: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("three").write_text("a b c\n")
    source = write_vcf(MISSENSE.format("k"))
    arguments = [part for text in renames for part in ("--rename", text)]
    assert run(["annotate", str(source), "-o", "out.vcf", "--json", *arguments]) == 2
    assert words in json.loads(capsys.readouterr().out)["problem"]["message"]
