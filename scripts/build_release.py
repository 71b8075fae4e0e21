"""Builds a release of the commit that is checked out: what machines and functions on AWS run.

    python scripts/build_release.py [--out build/release] [--rds-ca FILE]

The archive NAME.tar.gz holds the services, the server's source and every Python package as a
wheel, each pinned by its hash, so that a machine installs it without an index; beside it lie the
functions. NAME.json says what belongs to it, with SHA-256. Only what is committed is in it, and
the same commit gives the same bytes. The certificates of RDS are fetched from Amazon
(`--rds-ca`: taken from a file).
"""

import argparse
import gzip
import hashlib
import io
import json
import shutil
import subprocess
import sys
import tarfile
import tempfile
import urllib.request
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
RDS_AUTHORITIES = "https://truststore.pki.rds.amazonaws.com/global/global-bundle.pem"
PARTS = (
    *("annotator", "anntools", "archiver", "deploy", "gas", "migrations", "samples", "thaw", "web"),
    *("alembic.ini", "LICENSE", "pyproject.toml", "README.md", "scripts/build_uwsgi.sh"),
)
"""What of the repository machines need."""
PLATFORMS = ("manylinux2014_x86_64", "manylinux_2_17_x86_64", "manylinux_2_28_x86_64")
MACHINE_PYTHON = "3.12"


@dataclass(frozen=True)
class Release:
    """What was built."""

    name: str
    commit: str
    archive: str
    sha256: str
    functions: dict[str, str]
    """File of each zipped function, by name."""


def build(
    out: Path, *, rds_ca: Path | None, python: str = MACHINE_PYTHON, lock: Path | None = None
) -> Release:
    """Build the release of HEAD into `out`; nothing is done when it is there.

    Raises:
        subprocess.CalledProcessError, OSError: a tool failed, or a download did.
    """
    commit = _git("rev-parse", "HEAD").decode().strip()
    when = int(_git("show", "--no-patch", "--format=%ct", "HEAD").decode())
    out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=out) as scratch:
        tree = Path(scratch) / "tree"
        _export(tree)
        if lock is not None:
            shutil.copyfile(lock, tree / "deploy" / "requirements.txt")
        (tree / "deploy" / "rds-ca.pem").write_bytes(_authorities(rds_ca))
        version = _version(tree)
        name = f"gas-{version}-{commit[:10]}"
        wheels = _wheels(tree, out, python)
        archive = out / f"{name}.tar.gz"
        _pack(archive, name, tree, wheels, when)
        functions = _functions(tree, out)
    digest = hashlib.sha256(archive.read_bytes()).hexdigest()
    release = Release(name, commit, archive.name, digest, functions)
    (out / f"{name}.json").write_text(json.dumps(asdict(release), indent=2) + "\n")
    return release


def _git(*arguments: str) -> bytes:
    return subprocess.run(["git", *arguments], cwd=ROOT, check=True, capture_output=True).stdout


def _export(tree: Path) -> None:
    """The committed files, without those that are being worked on."""
    with tarfile.open(fileobj=io.BytesIO(_git("archive", "HEAD"))) as committed:
        committed.extractall(tree, filter="data")


def _authorities(given: Path | None) -> bytes:
    """The certificates by which RDS proves to be RDS."""
    if given is not None:
        return given.read_bytes()
    with urllib.request.urlopen(RDS_AUTHORITIES, timeout=30) as answer:
        text = bytes(answer.read())
    if b"BEGIN CERTIFICATE" not in text:
        raise OSError(f"{RDS_AUTHORITIES} answers with something that is no certificate.")
    return text


def _version(tree: Path) -> str:
    import tomllib

    return str(tomllib.loads((tree / "pyproject.toml").read_text())["project"]["version"])


def _wheels(tree: Path, out: Path, python: str) -> Path:
    """The folder with all packages, made once per lock."""
    locks = [
        tree / "deploy" / "requirements.txt",
        tree / "deploy" / "uwsgi" / "requirements-tls.txt",
    ]
    digest = hashlib.sha256(b"".join(lock.read_bytes() for lock in locks)).hexdigest()[:12]
    folder = out / f"wheels-{python}-{digest}"
    if folder.is_dir():
        return folder
    with tempfile.TemporaryDirectory(dir=out) as scratch:
        target = Path(scratch) / "wheels"
        get = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check"]
        get += ["--require-hashes", "--no-deps", "--dest", str(target)]
        binary = ["--only-binary", ":all:", "--python-version", python, "--implementation", "cp"]
        binary += [word for tag in PLATFORMS for word in ("--platform", tag)]
        subprocess.run([*get, *binary, "--requirement", str(locks[0])], check=True)
        # The server is compiled on the machine: only its source has TLS.
        source = ["--no-binary", ":all:", "--no-build-isolation"]
        subprocess.run([*get, *source, "--requirement", str(locks[1])], check=True)
        target.rename(folder)
    return folder


def _pack(archive: Path, name: str, tree: Path, wheels: Path, when: int) -> None:
    """Write the archive; its bytes depend on names, content and the time of the commit only."""
    parts = [path for part in PARTS for path in _files(tree / part)]
    files = {path.relative_to(tree).as_posix(): path for path in parts}
    files |= {f"wheels/{path.name}": path for path in wheels.iterdir()}

    def plain(info: tarfile.TarInfo) -> tarfile.TarInfo:
        info.uid = info.gid = 0
        info.uname = info.gname = "root"
        info.mtime = when
        info.mode = 0o755 if info.mode & 0o100 else 0o644
        return info

    scratch = archive.with_suffix(".tmp")
    with (
        scratch.open("wb") as raw,
        gzip.GzipFile(filename="", fileobj=raw, mode="wb", compresslevel=6, mtime=0) as packed,
        tarfile.open(fileobj=packed, mode="w", format=tarfile.PAX_FORMAT) as made,
    ):
        for arcname in sorted(files):
            made.add(files[arcname], f"{name}/{arcname}", recursive=False, filter=plain)
    scratch.rename(archive)


def _files(path: Path) -> list[Path]:
    return [path] if path.is_file() else [each for each in path.rglob("*") if each.is_file()]


def _functions(tree: Path, out: Path) -> dict[str, str]:
    """The zipped functions, as the release's own scripts build them."""
    command = [sys.executable, "scripts/build_lambdas.py", "--out", str(out.resolve())]
    command += ["--platform", PLATFORMS[0], "--migrate"]
    done = subprocess.run(command, cwd=tree, check=True, capture_output=True, text=True)
    lines = (line.split(maxsplit=1) for line in done.stdout.splitlines())
    return {name: Path(path).name for name, path in lines}


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=ROOT / "build" / "release")
    parser.add_argument("--rds-ca", type=Path, help="the certificates of RDS, PEM")
    parser.add_argument("--python", default=MACHINE_PYTHON, help="of the machines")
    parser.add_argument("--lock", type=Path, help="packages for another Python than that")
    options = parser.parse_args(arguments)
    try:
        release = build(
            options.out, rds_ca=options.rds_ca, python=options.python, lock=options.lock
        )
    except (subprocess.CalledProcessError, OSError) as fault:
        print(getattr(fault, "stderr", None) or "", file=sys.stderr)
        print(f"The release could not be built: {fault}", file=sys.stderr)
        return 1
    print(release.name)
    print(f"{release.sha256}  {options.out / release.archive}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
