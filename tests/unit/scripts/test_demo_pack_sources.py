"""The demo pack's sources: pinned, fetched, unpacked, checked, converted."""

from __future__ import annotations

import gzip
import io
import os
import re
import subprocess
import sys
import tarfile
import zipfile
from dataclasses import replace
from pathlib import Path

import build_demo_pack
import demo_pack_readers
import demo_pack_sources
import fetch_demo_sources
import pytest
from demo_pack_sources import Package, Source, content_digest, read_sequence, sequence_digest
from fetch_demo_sources import FetchError, sha256

from anntools.pack.genes import read_gff3

ROOT = Path(__file__).parents[3]
SHARED = ROOT.parent / "shared" / "data"
PACKAGE = Package("npm", "thing", "1.2.3", "thing-1.2.3.tgz", "")
SOURCE = Source(
    key="bands",
    what="bands",
    licence="MIT",
    package=PACKAGE,
    version="1.2.3",
    members={"data/bands.tsv": sha256(b"a\t1\n")},
    inner="",
    file="bands.tsv.gz",
    content_sha256=sha256(b"a\t1\n"),
    masked=(),
    info=(),
)


def tar(contents: dict[str, bytes], mode: str = "w:gz") -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode=mode) as archive:  # type: ignore[call-overload]
        for name, data in contents.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(data)
            archive.addfile(entry, io.BytesIO(data))
    return out.getvalue()


def deb(contents: dict[str, bytes]) -> bytes:
    out = b"!<arch>\n"
    parts = {
        "debian-binary": b"2.0",
        "control.tar.xz": b"odd",
        "data.tar.xz": tar(contents, "w:xz"),
    }
    for name, data in parts.items():
        out += f"{name:<16}{0:<12}{0:<6}{0:<6}{100644:<8}{len(data):<10}`\n".encode() + data
        out += b"\n" * (len(data) % 2)
    return out


def wheel(contents: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, data in contents.items():
            archive.writestr(name, data)
    return out.getvalue()


# ---------------------------------------------------------------- the table


def test_the_table_pins_everything() -> None:
    sources = demo_pack_sources.read_table()
    assert len(sources) == 11
    for source in sources.values():
        digests = [*source.members.values(), source.content_sha256]
        if source.package:
            assert source.package.registry in ("Debian", "PyPI", "npm")
            assert source.package.version in source.package.file
            digests.append(source.package.sha256)
        assert all(re.fullmatch("[0-9a-f]{64}", d) for d in digests), source.key
    assert {k for k, s in sources.items() if s.package is None} == {"mt_genes"}
    record = sources["chrY"].record()
    assert (record.package, record.version) == ("PyPI pyGeno", "1.3.1")
    assert record.file.endswith("Human.GRCh37.75_Y-Only.tar.gz")


def test_the_table_of_mitochondrial_genes_is_the_pinned_one() -> None:
    source = demo_pack_sources.read_table()["mt_genes"]
    path = ROOT / next(iter(source.members))
    assert sha256(path.read_bytes()) == source.members["scripts/demo_pack_mt_genes.tsv"]
    assert content_digest(path) == source.content_sha256


def test_the_mitochondrial_genes() -> None:
    genes = list(build_demo_pack.mitochondrial(ROOT / "scripts" / "demo_pack_mt_genes.tsv"))
    kinds = [g.biotype for g in genes]
    assert (kinds.count("protein_coding"), kinds.count("Mt_tRNA"), kinds.count("Mt_rRNA")) == (
        13,
        22,
        2,
    )
    minus = {g.symbol for g in genes if g.strand < 0}
    assert minus == {"MT-ND6", *(f"MT-T{x}" for x in ("Q", "A", "N", "C", "Y", "S1", "E", "P"))}
    assert all(g.cds == g.exons[0] and g.protein for g in genes if g.biotype == "protein_coding")


def test_the_mitochondrial_genes_are_those_of_refseq() -> None:
    path = SHARED / "gene_models" / "NC_012920.1.gff3.gz"
    if not path.exists():
        if os.environ.get("CI") == "true":
            pytest.fail(f"{path} is not there; CI needs it")
        pytest.skip(f"{path} is not there")
    ours = build_demo_pack.mitochondrial(ROOT / "scripts" / "demo_pack_mt_genes.tsv")
    theirs = read_gff3(path)
    assert [(t.strand, t.exons, t.cds, t.phase, t.protein) for t in ours] == [
        (t.strand, t.exons, t.cds, t.phase, t.protein) for t in theirs
    ]


# ---------------------------------------------------------------- checksums of content


def test_a_checksum_of_text_ignores_compression_and_comments(tmp_path: Path) -> None:
    plain, packed, other = tmp_path / "a", tmp_path / "b.gz", tmp_path / "c"
    plain.write_bytes(b"#x\n1\t2\n")
    packed.write_bytes(gzip.compress(b"1\t2\n#y\n"))
    other.write_bytes(b"1\t3\n")
    assert content_digest(plain) == content_digest(packed) != content_digest(other)


def test_a_checksum_of_a_vcf_counts_the_keys_that_are_read(tmp_path: Path) -> None:
    def digest(info: str) -> str:
        path = tmp_path / "x.vcf"
        path.write_text(f"##x\n1\t5\t.\tA\tC\t.\t.\t{info}\n")
        return content_digest(path, ("A", "B"))

    assert digest("A=1;C=2;B=3") == digest("A=1;B=3;AA=9")
    assert digest("A=1;B=3") != digest("A=1;B=4")


def test_a_checksum_of_a_sequence_ignores_case_and_width_but_not_bases(tmp_path: Path) -> None:
    path = tmp_path / "x.fa"

    def digest(text: str) -> str:
        path.write_text(text)
        return sequence_digest(read_sequence(path, ((0, 2),)))

    assert digest(">1 a\nacGT\nRA\n") == digest(">2\nTTGTNA\n") == sha256(b"NNGTNA")
    assert digest(">1\nACGTNA\n") != digest(">1\nACGTNC\n")


# ---------------------------------------------------------------- packages


@pytest.mark.parametrize(
    ("registry", "file", "words"),
    [
        ("Debian", "a_1.deb", ["apt-get", "download", "a=1"]),
        ("npm", "a-1.tgz", ["npm", "pack", "a@1"]),
        ("PyPI", "a-1-py3-none-any.whl", ["download", "--no-deps", "--only-binary"]),
        ("PyPI", "a-1.tar.gz", ["download", "--require-hashes", "--no-binary"]),
    ],
)
def test_the_client_of_each_registry(
    registry: str, file: str, words: list[str], tmp_path: Path
) -> None:
    requirements = tmp_path / "requirements.txt"
    command = fetch_demo_sources.client(
        Package(registry, "a", "1", file, "f00"), tmp_path, requirements
    )
    assert [w for w in command if w in words] == words
    if registry == "PyPI":
        assert requirements.read_text() == "a==1 --hash=sha256:f00\n"


@pytest.fixture
def npm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder in front of PATH for an npm of our own."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
    return folder / "npm"


def script(path: Path, body: str) -> None:
    path.write_text(f"#!/bin/sh\n{body}\n")
    path.chmod(0o755)


def test_a_package_is_fetched_once_and_checked(tmp_path: Path, npm: Path) -> None:
    script(npm, 'printf "%s" "$3" > thing-1.2.3.tgz')
    package = replace(PACKAGE, sha256=sha256(b"thing@1.2.3"))
    first = fetch_demo_sources.fetch(package, tmp_path)
    assert first.read_bytes() == b"thing@1.2.3"
    script(npm, "exit 1")
    assert fetch_demo_sources.fetch(package, tmp_path) == first
    first.write_bytes(b"another")
    with pytest.raises(FetchError, match="is not the pinned"):
        fetch_demo_sources.fetch(package, tmp_path)


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("echo no such version >&2; exit 1", "no such version"),
        ("exit 0", "no file came"),
        ("touch a b", "a, b came"),
    ],
)
def test_a_package_that_does_not_come(body: str, words: str, tmp_path: Path, npm: Path) -> None:
    script(npm, body)
    with pytest.raises(FetchError, match=words):
        fetch_demo_sources.fetch(PACKAGE, tmp_path)
    assert not (tmp_path / PACKAGE.file).exists()


def test_a_client_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(FetchError, match=r"is not on this machine; you can lay thing-1\.2\.3"):
        fetch_demo_sources.run([str(tmp_path / "npm")], tmp_path, PACKAGE)


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("a.deb", deb({"./x/y": b"1", "./z": b"2"})),
        ("a.whl", wheel({"x/y": b"1", "z": b"2"})),
        ("a.tgz", tar({"x/y": b"1", "z": b"2"})),
        ("a.tar.gz", tar({"x/y": b"1", "z": b"2"})),
    ],
)
def test_members_of_every_kind_of_package(name: str, data: bytes, tmp_path: Path) -> None:
    archive = tmp_path / name
    archive.write_bytes(data)
    assert fetch_demo_sources.members(archive, {"x/y"}) == {"x/y": b"1"}
    with pytest.raises(FetchError, match="has no q"):
        fetch_demo_sources.members(archive, {"x/y", "q"})


@pytest.mark.parametrize(("data", "words"), [(b"!", "is not a"), (b"!<arch>\n", "no data")])
def test_a_broken_debian_package(data: bytes, words: str) -> None:
    with pytest.raises(FetchError, match=words):
        fetch_demo_sources.deb_data(data, "a.deb")


# ---------------------------------------------------------------- files for the build


def test_all_from_package_to_file(tmp_path: Path) -> None:
    data = tar({"data/bands.tsv": b"a\t1\n"})
    (tmp_path / PACKAGE.file).write_bytes(data)
    source = replace(SOURCE, package=replace(PACKAGE, sha256=sha256(data)))
    own = replace(SOURCE, key="own", package=None, file="own.tsv")
    fetch_demo_sources.fetch_all({"bands": source, "own": own}, tmp_path / "out", tmp_path)
    assert [p.name for p in (tmp_path / "out").iterdir()] == ["bands.tsv.gz"]
    assert gzip.decompress((tmp_path / "out" / "bands.tsv.gz").read_bytes()) == b"a\t1\n"


def test_an_archive_in_the_member_is_opened(tmp_path: Path) -> None:
    inside = tar({"y.tsv.gz": gzip.compress(b"a\t1\n")})
    source = replace(SOURCE, members={"m": sha256(inside)}, inner="y.tsv.gz")
    fetch_demo_sources.make(source, {"m": inside}, tmp_path)
    assert gzip.decompress((tmp_path / "bands.tsv.gz").read_bytes()) == b"a\t1\n"
    with pytest.raises(FetchError, match="m has no q"):
        fetch_demo_sources.make(replace(source, inner="q"), {"m": inside}, tmp_path)


def test_what_is_not_as_pinned_is_not_kept(tmp_path: Path) -> None:
    with pytest.raises(FetchError, match="checksum"):
        fetch_demo_sources.make(SOURCE, {"data/bands.tsv": b"a\t2\n"}, tmp_path)
    with pytest.raises(FetchError, match="content"):
        fetch_demo_sources.make(
            replace(SOURCE, content_sha256="0"), {"data/bands.tsv": b"a\t1\n"}, tmp_path
        )
    assert list(tmp_path.iterdir()) == []


def test_mane_rows_become_genepred_and_names(monkeypatch: pytest.MonkeyPatch) -> None:
    tail = "x\tcmpl\tincmpl\t0,1,\tmRNA\tENSG1.2\tGENE\tprotein_coding\tENSP1.1\tNM_1.1"
    columns = f"ENST1.3\t0\t-\t110\t190\t0\t2\t20,30,\t0,70,\t{tail}\tGeneID:9\tNP_1.1\tMANE Select"
    rows = [(c, 100, 200, columns.split("\t")) for c in ("chr10", "chr1_x_alt", "chr2", "chrX")]
    monkeypatch.setattr(demo_pack_readers, "_mane_rows", lambda path: iter(rows))
    lines = demo_pack_readers.mane_genepred(Path("x")).decode().splitlines()
    assert [line.split("\t")[1] for line in lines] == ["chr2", "chr10", "chrX", "chr1_x_alt"]
    assert lines[0] == (
        "ENST1.3\tchr2\t-\t100\t200\t110\t190\t2\t100,170,\t120,200,\t0\tGENE\tcmpl\tincmpl\t0,1,"
    )
    head, first, *_ = demo_pack_readers.mane_xref(Path("x")).decode().splitlines()
    assert dict(zip(head.split("\t"), first.split("\t"), strict=True)) == {
        "ensembl_tx": "ENST1.3",
        "ensembl_gene": "ENSG1.2",
        "ensembl_prot": "ENSP1.1",
        "refseq_tx": "NM_1.1",
        "refseq_prot": "NP_1.1",
        "ncbi_gene": "GeneID:9",
        "symbol": "GENE",
        "mane_status": "MANE Select",
        "gene_type": "protein_coding",
        "chrom_hg38": "chr10",
    }


def test_the_compact_clinvar_table_becomes_a_vcf(tmp_path: Path) -> None:
    table = "# head\n1\t5\t77\tA\tC\t1,0\t\t1\t0\t0\t0\t1\t42\n2\t6\t78\tG\tGT\t\t0.1\t0\t1\t0\n"
    index = (
        '# Keys:\n# disease_mondo_ids_and_names = ["1|Fever", "2|Ache,_type_2"]\n'
        '# clinical_significances = ["Pathogenic", "Likely_pathogenic"]\n'
        '# clinical_review_statuses = ["criteria_provided,_x", "practice_guideline"]\n'
        "# gene\tbyte_offset\tbyte_length\nTP53\t7\t20\n"
    )
    (tmp_path / "t").write_bytes(gzip.compress(table.encode()))
    (tmp_path / "i").write_bytes(gzip.compress(index.encode()))
    made = demo_pack_readers.clinvar_vcf(tmp_path / "t", tmp_path / "i").decode()
    assert made.splitlines()[2:] == [
        "1\t5\t77\tA\tC\t.\t.\t"
        "CLNSIG=Pathogenic;CLNREVSTAT=practice_guideline;CLNDN=2|Ache__type_2,1|Fever;RS=42",
        "2\t6\t78\tG\tGT\t.\t.\tCLNSIG=Likely_pathogenic;CLNREVSTAT=criteria_provided,_x",
    ]


def test_the_build_says_what_is_missing_or_wrong(tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match=r"GRCh37\.chr20\.fa\.gz is not below"):
        build_demo_pack.Sources(tmp_path)
    (tmp_path / "GRCh37.chr20.fa.gz").write_bytes(gzip.compress(b">20\nACGT\n"))
    with pytest.raises(SystemExit, match="is not the pinned"):
        build_demo_pack.Sources(tmp_path)


def test_the_command_line_ends_with_the_reason(tmp_path: Path) -> None:
    (tmp_path / "vt-examples_0.57721+ds-3_all.deb").write_bytes(b"odd")
    command = ["scripts/fetch_demo_sources.py", str(tmp_path / "o"), "--packages", str(tmp_path)]
    done = subprocess.run([sys.executable, *command], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 1
    assert "is not the pinned" in done.stderr
    assert "Traceback" not in done.stderr
