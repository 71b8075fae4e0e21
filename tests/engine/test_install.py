"""Installing packs from a server that breaks, changes and lies, and from a folder."""

from __future__ import annotations

import gzip
import hashlib
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from anntools.pack import open_pack
from anntools.pack.download import Checksum, DownloadProblem, bsd_sum, download, need_space
from anntools.pack.install import install, list_packs, parse_sums, read_catalogue

FASTA = gzip.compress(b">1 dna\n" + b"ACGTTGCAAC" * 500 + b"\n", mtime=0)
GENES = gzip.compress(
    b"1\t.\tgene\t101\t400\t.\t+\t.\tID=gene:G1;Name=SYM\n"
    b"1\t.\tmRNA\t101\t400\t.\t+\t.\tID=transcript:T1;Parent=gene:G1\n"
    b"1\t.\texon\t101\t400\t.\t+\t.\tParent=transcript:T1\n",
    mtime=0,
)
CLINVAR = b"##fileformat=VCFv4.2\n1\t11\t77\tA\tC\t.\t.\tCLNSIG=Benign\n"


class Server(ThreadingHTTPServer):
    """Serves ``files``; what it does wrong is told by ``cut`` (bytes per answer) and ``etag``."""

    files: dict[str, bytes]
    cut = 0
    etag = '"1"'
    asked: list[str]

    @property
    def url(self) -> str:
        """Its address."""
        return f"http://127.0.0.1:{self.server_address[1]}"


class Handler(BaseHTTPRequestHandler):
    """Answers with ranges, as the servers of genome databases do."""

    server: Server

    def do_GET(self) -> None:
        data = self.server.files.get(self.path.rpartition("/")[2])
        wanted = self.headers.get("Range", "")
        self.server.asked.append(f"{self.path} {wanted}".strip())
        if data is None:
            self.send_error(404)
            return
        first = 0
        if wanted and self.headers.get("If-Range", self.server.etag) == self.server.etag:
            first = int(wanted.removeprefix("bytes=").split("-")[0])
            self.send_response(206)
            self.send_header("Content-Range", f"bytes {first}-{len(data) - 1}/{len(data)}")
        else:
            self.send_response(200)
        self.send_header("Content-Length", str(len(data) - first))
        self.send_header("ETag", self.server.etag)
        self.end_headers()
        rest = data[first:]
        self.wfile.write(rest[: self.server.cut] if self.server.cut else rest)
        self.close_connection = True

    def log_message(self, *_: object) -> None:
        """Stay silent."""


@pytest.fixture
def server() -> Iterator[Server]:
    """A server on this machine."""
    with Server(("127.0.0.1", 0), Handler) as running:
        running.files, running.asked = {}, []
        thread = threading.Thread(target=running.serve_forever, daemon=True)
        thread.start()
        yield running
        running.shutdown()
        thread.join()


def md5(data: bytes) -> str:
    return hashlib.md5(data).hexdigest()


def test_a_broken_line_is_taken_up_again(server: Server, tmp_path: Path) -> None:
    data = bytes(range(256)) * 100
    server.files["x"], server.cut = data, 10_000
    seen: list[tuple[int, int]] = []
    path = download(
        f"{server.url}/x",
        tmp_path / "x",
        Checksum("md5", md5(data)),
        lambda done, total: seen.append((done, total)),
        pause=0,
    )
    assert path.read_bytes() == data
    assert server.asked == ["/x", "/x bytes=10000-", "/x bytes=20000-"]
    assert seen[-1] == (len(data), len(data))
    assert not list(tmp_path.glob("*.part*"))


def test_a_file_that_changed_is_fetched_anew(server: Server, tmp_path: Path) -> None:
    server.files["x"], server.cut = b"old" * 1000, 100
    with pytest.raises(DownloadProblem, match=r"2 attempts: .* bytes"):
        download(f"{server.url}/x", tmp_path / "x", attempts=2, pause=0)
    assert (tmp_path / "x.part").stat().st_size == 200
    server.files["x"], server.cut, server.etag = b"new" * 1000, 0, '"2"'
    assert download(f"{server.url}/x", tmp_path / "x", pause=0).read_bytes() == b"new" * 1000


@pytest.mark.parametrize(
    ("name", "checksum", "message"),
    [
        ("x", Checksum("md5", "0" * 32), "md5 checksum .* expected 000.* fetched twice"),
        ("x", Checksum("sum", "1"), "sum checksum"),
        ("nothing", None, "the server says 404"),
    ],
)
def test_what_cannot_be_had_is_told(
    server: Server, tmp_path: Path, name: str, checksum: Checksum | None, message: str
) -> None:
    server.files["x"] = b"data"
    with pytest.raises(DownloadProblem, match=message):
        download(f"{server.url}/{name}", tmp_path / "x", checksum, pause=0)
    assert not (tmp_path / "x").exists()


def test_no_server_and_no_disk(tmp_path: Path) -> None:
    with pytest.raises(DownloadProblem, match="2 attempts"):
        download("http://127.0.0.1:9/x", tmp_path / "x", attempts=2, pause=0)
    with pytest.raises(DownloadProblem, match="not a web address"):
        download("file:///etc/hostname", tmp_path / "x")
    with pytest.raises(DownloadProblem, match="GB are needed"):
        need_space(tmp_path / "a" / "b", 1 << 60)


def test_a_right_file_is_not_fetched_again(server: Server, tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(b"data")
    download(
        f"{server.url}/x", tmp_path / "x", Checksum("sha256", hashlib.sha256(b"data").hexdigest())
    )
    assert server.asked == []


def test_checksum_of_ensembl(tmp_path: Path) -> None:
    path = tmp_path / "x"
    path.write_bytes(b"hello\n")
    assert bsd_sum(path) == 36979
    sums = parse_sums("sum", "36979 1 x\n05000 2 y\n", ["x"])
    assert sums == {"x": Checksum("sum", "36979")}
    assert sums["x"].of(path) == "36979"


@pytest.mark.parametrize("text", ["abc  ./d/x\n", "abc *x\n", "abc\n"])
def test_lists_of_md5(text: str) -> None:
    assert parse_sums("md5", text, ["x"]) == {"x": Checksum("md5", "abc")}


def catalogue(folder: Path, url: str) -> Path:
    """A catalogue with one small pack."""
    path = folder / "catalogue.toml"
    path.write_text(
        f"""
[pack.tiny]
title = "Tiny"
assembly = "test"
fasta = "fa"
genes = "gff"
gigabytes = 0.001
overlays = {{ clinvar = ["cv", "ID,CLNSIG"], chrs = ["many", "CLNSIG"] }}
[file.fa]
url = "{url}/g.fa.gz"
sums = ["md5", "{url}/MD5SUMS"]
licence = "none"
[file.gff]
url = "{url}/g.gff3.gz"
sums = ["md5", "{url}/MD5SUMS"]
licence = "none"
[file.cv]
url = "{url}/clinvar.vcf"
licence = "none"
[file.many]
url = "{url}/v.chr{{chrom}}.vcf"
licence = "none"
"""
    )
    return path


def sources() -> dict[str, bytes]:
    """What the catalogue names."""
    sums = f"{md5(FASTA)}  g.fa.gz\n{md5(GENES)}  g.gff3.gz\n"
    files = {"g.fa.gz": FASTA, "g.gff3.gz": GENES, "clinvar.vcf": CLINVAR, "MD5SUMS": sums.encode()}
    return files | {f"v.chr{c}.vcf": CLINVAR for c in [*range(1, 23), "X", "Y"]}


def test_a_pack_is_installed(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.files = sources()
    said: list[str] = []
    home = tmp_path / "home"
    manifest = install(
        "tiny",
        overlays=["clinvar", "chrs"],
        folder=home,
        catalogue=catalogue(tmp_path, server.url),
        say=said.append,
    )
    assert [s["name"] for s in manifest.stores] == ["clinvar", "chrs"]
    assert manifest.stores[0]["records"] == 1
    assert (manifest.transcripts, manifest.assembly) == (1, "test")
    assert [p.name for p in home.iterdir()] == ["tiny"]
    assert any(s.startswith("Fetching") for s in said)
    monkeypatch.setenv("ANNTOOLS_PACKS", str(home))
    assert open_pack("tiny").manifest.pack_id == manifest.pack_id
    rows = {row["name"]: row for row in list_packs()}
    assert rows["tiny"]["installed"] is True
    assert rows["grch38"]["installed"] is False


def test_a_pack_is_installed_from_a_mirror(server: Server, tmp_path: Path) -> None:
    mirror = tmp_path / "mirror"
    mirror.mkdir()
    for name, data in sources().items():
        (mirror / name).write_bytes(data)
    path = catalogue(tmp_path, "https://nowhere.invalid")
    one = install("tiny", source=str(mirror), folder=tmp_path / "a", catalogue=path)
    server.files = sources()
    two = install("tiny", source=server.url, folder=tmp_path / "b", catalogue=path)
    assert one.pack_id == two.pack_id
    (mirror / "g.fa.gz").write_bytes(FASTA + b"x")
    with pytest.raises(DownloadProblem, match="not the md5 checksum"):
        install("tiny", source=str(mirror), folder=tmp_path / "c", catalogue=path)


@pytest.mark.parametrize(
    ("name", "overlays", "message"),
    [("none", [], "no pack none; it has tiny"), ("tiny", ["x"], "no overlay x; it has clinvar")],
)
def test_what_the_catalogue_has_not(
    tmp_path: Path, name: str, overlays: list[str], message: str
) -> None:
    path = catalogue(tmp_path, "http://127.0.0.1:9")
    with pytest.raises(DownloadProblem, match=message):
        install(name, overlays=overlays, folder=tmp_path, catalogue=path)


def test_the_catalogue_is_whole() -> None:
    offers = read_catalogue()
    assert {o.assembly for o in offers.values()} == {"GRCh37", "GRCh38", "T2T-CHM13v2.0"}
    for offer in offers.values():
        for source in (offer.fasta, offer.genes, *(s for s, _ in offer.overlays.values())):
            assert all(url.startswith("https://") for url in source.urls)
            assert source.licence
