"""However a VCF is packed, and wherever it comes from, its lines are the same; all is bounded."""

from __future__ import annotations

import gzip
import os
import random
import subprocess
import sys
import tracemalloc
from pathlib import Path
from threading import Thread

import pytest
from blake3 import blake3

from anntools import InputRefused
from anntools.vcfio.inflate import Blocks
from anntools.vcfio.reader import STANDARD_INPUT, Source
from tests.engine import bgzf
from tests.engine.conftest import HEADER, ROOT

TEXT = (HEADER + "".join(f"20\t{i}\t.\tA\tG\t.\t.\tXX={i * i}\n" for i in range(20000))).encode()
BGZF = bgzf.compress(TEXT) + bgzf.EOF
OTHER_EXTRA = b"\x1f\x8b\x08\x04" + bytes(5) + b"\xff\x0a\x00" + b"XY\x00\x00" + b"BC\x02\x00"


def with_other_extra_field(blocks: bytes) -> bytes:
    """The first block with a field before BGZF's own, as the format allows."""
    size = int.from_bytes(blocks[16:18], "little") + 1
    return OTHER_EXTRA + (size + 3).to_bytes(2, "little") + blocks[18:]


PACKED = {
    "plain": TEXT,
    "gzip": gzip.compress(TEXT),
    "gzip of many members": b"".join(
        gzip.compress(TEXT[i : i + 1000]) for i in range(0, len(TEXT), 1000)
    ),
    "gzip with an empty member": gzip.compress(b"") + gzip.compress(TEXT),
    "gzip with a name": b"\x1f\x8b\x08\x08" + bytes(6) + b"a.vcf\0" + gzip.compress(TEXT)[10:],
    "padded gzip": gzip.compress(TEXT) + bytes(600_000),
    "bgzf": BGZF,
    "bgzf with empty blocks": bgzf.EOF
    + bgzf.compress(TEXT[:99])
    + bgzf.EOF * 99
    + bgzf.compress(TEXT[99:])
    + bgzf.EOF,
    "bgzf without compression": bgzf.compress(TEXT, 0) + bgzf.EOF,
    "bgzf, then gzip": bgzf.compress(TEXT[:50000]) + gzip.compress(TEXT[50000:]),
    "gzip, then bgzf": gzip.compress(TEXT[:50000]) + bgzf.compress(TEXT[50000:]) + bgzf.EOF,
    "bgzf with another extra field": with_other_extra_field(BGZF[:-28]) + bgzf.EOF,
}


@pytest.mark.parametrize("name", PACKED)
@pytest.mark.parametrize("chunk_size", [1, 5000, 1 << 20])
def test_packing_changes_nothing(tmp_path: Path, name: str, chunk_size: int) -> None:
    path = tmp_path / "in.vcf"
    path.write_bytes(PACKED[name])
    source = Source(path, "in.vcf", 1 << 20)
    chunks = list(source.lines(chunk_size))
    assert b"".join(chunks) == TEXT
    assert all(chunk.endswith(b"\n") for chunk in chunks)
    assert source.blake3_hex == blake3(PACKED[name]).hexdigest()
    assert source.bytes_done == source.bytes_total == len(PACKED[name])
    assert (source.open_end, source.warnings) == (False, [])


def test_bgzf_is_handed_out_in_groups_of_whole_blocks(tmp_path: Path) -> None:
    path = tmp_path / "in.vcf.gz"
    path.write_bytes(BGZF)
    first, *groups = Source(path, "in", 1 << 20).pieces(100_000)
    assert isinstance(first, bytes)  # looked at already
    assert all(isinstance(group, Blocks) for group in groups)
    texts = [group.text() for group in groups if isinstance(group, Blocks)]
    assert [len(t) for t in texts] == [g.text_size for g in groups if isinstance(g, Blocks)]
    assert max(map(len, texts)) <= 100_000 + bgzf.BLOCK
    assert first + b"".join(texts) == TEXT


@pytest.mark.parametrize("cut", [1, 27, 28, 29, 500, 5000, len(BGZF) - 10])
@pytest.mark.parametrize("name", ["bgzf", "gzip"])
def test_cut_compression_is_refused_or_told(tmp_path: Path, name: str, cut: int) -> None:
    data = PACKED[name]
    path = tmp_path / "in.vcf.gz"
    path.write_bytes(data[:-cut])
    source = Source(path, "in", 1 << 20)
    if name == "bgzf" and cut == 28:  # the end-of-file block: nothing else is missing
        assert b"".join(source.lines(1 << 20)) == TEXT
        assert "end-of-file block is missing" in source.warnings[0]
        return
    with pytest.raises(InputRefused) as caught:
        list(source.lines(1 << 20))
    assert caught.value.problem.code in ("truncated_compression", "empty_file")


def test_a_flipped_bit_is_never_read_over(tmp_path: Path) -> None:
    rng = random.Random(7)
    path = tmp_path / "in.vcf.gz"
    for name in ("gzip", "bgzf"):
        for _ in range(60):
            data = bytearray(PACKED[name])
            data[rng.randrange(20, len(data) - 28)] ^= 1 << rng.randrange(8)
            path.write_bytes(data)
            source = Source(path, "in", 1 << 22)
            try:
                text = b"".join(source.lines(1 << 20))
            except InputRefused:
                continue
            assert text == TEXT or source.warnings


def test_what_follows_the_compressed_data_is_told(tmp_path: Path) -> None:
    path = tmp_path / "in.vcf.gz"
    for data in (BGZF, gzip.compress(TEXT)):
        path.write_bytes(data + b"rubbish")
        source = Source(path, "in", 1 << 20)
        assert b"".join(source.lines(1 << 20)) == TEXT
        assert source.warnings == ["bytes after the end of the compressed data were ignored"]


@pytest.mark.parametrize("packed", [gzip.compress, lambda x: bgzf.compress(x) + bgzf.EOF])
def test_memory_does_not_follow_what_a_bomb_unpacks_to(tmp_path: Path, packed: object) -> None:
    path = tmp_path / "bomb.vcf.gz"
    line = b"20\t1\t.\tA\tG\t.\t.\t" + b"X" * 100_000 + b"\n"
    path.write_bytes(packed(HEADER.encode() + line * 1000))  # type: ignore[operator]
    assert path.stat().st_size < 2_000_000
    tracemalloc.start()
    size = sum(map(len, Source(path, "bomb", 1 << 20).lines(1 << 20)))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert size > 100_000_000
    assert peak < 30_000_000


def test_a_line_without_end_is_refused_early(tmp_path: Path) -> None:
    path = tmp_path / "bomb.vcf.gz"
    path.write_bytes(gzip.compress(HEADER.encode() + b"A" * (64 << 20)))
    tracemalloc.start()
    with pytest.raises(InputRefused) as caught:
        list(Source(path, "bomb", 1 << 20).lines(1 << 20))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert caught.value.problem.code == "line_too_long"
    assert peak < 30_000_000


def test_a_huge_line_is_read_in_linear_time(tmp_path: Path) -> None:
    path = tmp_path / "wide.vcf"
    line = b"20\t1\t.\tA\tG\t.\t.\t.\tGT" + b"\t0/1" * 5_000_000 + b"\n"
    path.write_bytes(HEADER.encode() + line * 2)
    assert sum(map(len, Source(path, "wide", 1 << 28).lines(1 << 20))) == path.stat().st_size


def test_open_end_is_closed_and_told(tmp_path: Path) -> None:
    path = tmp_path / "in.vcf"
    path.write_bytes(TEXT[:-1])
    source = Source(path, "in", 1 << 20)
    assert b"".join(source.lines(1 << 20)) == TEXT
    assert source.open_end


def test_standard_input(tmp_path: Path) -> None:
    code = (
        "import sys\n"
        "from anntools.vcfio.reader import STANDARD_INPUT, Source\n"
        "source = Source(STANDARD_INPUT, 'standard input', 1 << 20)\n"
        "for chunk in source.lines(5000): sys.stdout.buffer.write(chunk)\n"
        "sys.stderr.write(source.blake3_hex)\n"
    )
    for data in (TEXT, BGZF, gzip.compress(TEXT)):
        command = [sys.executable, "-c", code]
        done = subprocess.run(command, input=data, capture_output=True, cwd=ROOT, check=True)
        assert done.stdout == TEXT
        assert done.stderr.decode() == blake3(data).hexdigest()
    assert Path("-") == STANDARD_INPUT


def test_bcf_is_read_as_the_text_it_stands_for(tmp_path: Path) -> None:
    bcftools = pytest.importorskip("pysam.bcftools")
    plain = tmp_path / "in.vcf"
    head = HEADER.splitlines()
    declared = [
        "##contig=<ID=20,length=63025520>",
        '##INFO=<ID=XX,Number=1,Type=Integer,Description="x">',
    ]
    body = ["20\t5\trs1\tA\tG,<DEL>\t3.5\tPASS\tXX=7", "20\t9\t.\tAC\tA\t.\t.\t."]
    plain.write_text("\n".join([head[0], *declared, head[1], *body]) + "\n")
    for kind in ("-Ob", "-Ou"):
        binary = tmp_path / f"{kind}.bcf"
        bcftools.view(kind, "-o", str(binary), str(plain), catch_stdout=False)
        source = Source(binary, "in.bcf", 1 << 20)
        lines = b"".join(source.lines(1 << 20)).decode().splitlines()
        assert [x for x in lines if not x.startswith("#")] == body
        assert source.blake3_hex == blake3(binary.read_bytes()).hexdigest()
        with binary.open("rb") as stream:
            code = (
                "import sys; from anntools.vcfio.reader import *\n"
                "source = Source(STANDARD_INPUT, 'x', 1 << 20)\n"
                "sys.stdout.buffer.write(b''.join(source.lines(1 << 20)))"
            )
            piped = subprocess.run(
                [sys.executable, "-c", code],
                stdin=stream,
                capture_output=True,
                cwd=ROOT,
                check=True,
            )
        assert piped.stdout.decode().splitlines() == lines
        (tmp_path / "cut.bcf").write_bytes(binary.read_bytes()[: binary.stat().st_size // 2])
        with pytest.raises(InputRefused) as caught:
            list(Source(tmp_path / "cut.bcf", "cut.bcf", 1 << 20).lines(1 << 20))
        assert caught.value.problem.remedy


def test_the_reader_needs_no_heavy_package() -> None:
    code = "import sys, anntools.vcfio.validator; print([m for m in %r if m in sys.modules])"
    heavy = ["numpy", "numba", "pysam", "pyarrow", "llvmlite"]
    done = subprocess.run(
        [sys.executable, "-c", code % heavy], capture_output=True, text=True, cwd=ROOT, check=True
    )
    assert done.stdout.strip() == "[]"


def test_a_named_pipe(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    writer = Thread(target=pipe.write_bytes, args=(BGZF,))
    writer.start()
    source = Source(pipe, "pipe", 1 << 20)
    assert b"".join(source.lines(1 << 16)) == TEXT
    assert (source.bytes_done, source.bytes_total) == (len(BGZF), 0)
    writer.join()
