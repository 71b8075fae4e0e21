"""Zips the Lambda functions, for AWS and for the embedded cloud alike.

    python scripts/build_lambdas.py [--out build/lambdas] [--platform manylinux2014_x86_64]

Each zip holds `gas/`, `lambdas/` and the pinned packages of `lambdas/requirements.txt`, and of the
function's own `requirements.txt` if it has one; boto3 comes with the runtime. The zip is named
after its content (`notify-<sha256 prefix>.zip`) and its bytes depend on nothing else, so an
unchanged function is not deployed again. Prints one line `name path` per function. With
`--migrate` also the function that migrates the accounts database, which only AWS has.
"""

import argparse
import hashlib
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
REQUIREMENTS = ROOT / "lambdas" / "requirements.txt"
RUNTIME_PYTHON = "3.12"
_KEPT_SECONDS = 24 * 3600
_EPOCH = (1980, 1, 1, 0, 0, 0)
_LEFT_OUT = frozenset({"__pycache__", "testing", "accounts", "telemetry"})
_OF_PACKAGES = _LEFT_OUT | {"sboms", "v1"}
"""Lists of parts, and the pydantic of before version 2: the embedded cloud takes no zip above
8 MiB."""


def functions() -> list[str]:
    """The names of all functions: the folders that have a handler."""
    return sorted(path.parent.name for path in (ROOT / "lambdas").glob("*/handler.py"))


def build(out: Path, platform: str | None) -> dict[str, Path]:
    """Build all zips into `out`; packages are installed only when their lock changed."""
    common = _packages(REQUIREMENTS, out, platform)
    ours = [path for part in ("gas", "lambdas") for path in _files(ROOT / part)]
    zips = {}
    for name in functions():
        own = ROOT / "lambdas" / name / "requirements.txt"
        more = [_packages(own, out, platform)] if own.exists() else []
        zips[name] = _zip(name, [common, *more], ours, out)
    _forget(out, zips)
    return zips


def build_migrate(out: Path, platform: str | None) -> Path:
    """Build the zip of the function that migrates the accounts database."""
    own = ROOT / "deploy" / "migrate" / "requirements.txt"
    packages = [_packages(REQUIREMENTS, out, platform), _packages(own, out, platform)]
    parts = [ROOT / name for name in ("gas", "migrations", "deploy/migrate")]
    files = [path for part in parts for path in _files(part, _LEFT_OUT - {"accounts", "telemetry"})]
    files += [ROOT / "alembic.ini", ROOT / "deploy" / "__init__.py"]
    files += (ROOT / "deploy").glob("rds-ca.pem")
    return _zip("migrate", packages, files, out)


def _forget(out: Path, zips: Mapping[str, Path]) -> None:
    """Remove zips of older code; young ones may still be on their way to somebody's cloud."""
    for path in out.glob("*.zip"):
        if path not in zips.values() and time.time() - path.stat().st_mtime > _KEPT_SECONDS:
            path.unlink(missing_ok=True)


def _packages(requirements: Path, out: Path, platform: str | None) -> Path:
    """The folder with the installed packages, made once per lock and platform."""
    here = f"{sys.version_info.major}{sys.version_info.minor}-{sys.platform}"
    lock = hashlib.sha256(requirements.read_bytes()).hexdigest()[:12]
    folder = out / f"packages-{platform or here}-{lock}"
    if folder.is_dir():
        return folder
    out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=out) as scratch:
        target = Path(scratch) / "packages"
        command = [sys.executable, "-m", "pip", "install", "--quiet", "--require-hashes"]
        command += ["--disable-pip-version-check", "--no-compile", "--target", str(target)]
        command += ["--only-binary", ":all:", "--requirement", str(requirements)]
        if platform:
            command += ["--platform", platform, "--python-version", RUNTIME_PYTHON]
            command += ["--implementation", "cp"]
        subprocess.run(command, check=True)
        target.rename(folder)
    return folder


def _zip(name: str, packages: list[Path], own: Sequence[Path], out: Path) -> Path:
    files = {
        path.relative_to(each).as_posix(): path
        for each in packages
        for path in _files(each, _OF_PACKAGES)
    }
    files |= {path.relative_to(ROOT).as_posix(): path for path in own}
    digest = hashlib.sha256()
    for arcname in sorted(files):
        digest.update(arcname.encode() + b"\0" + files[arcname].read_bytes())
    path = out / f"{name}-{digest.hexdigest()[:16]}.zip"
    if path.exists():
        return path
    scratch = path.with_suffix(".tmp")
    with zipfile.ZipFile(scratch, "w", zipfile.ZIP_DEFLATED) as archive:
        for arcname in sorted(files):
            info = zipfile.ZipInfo(arcname, _EPOCH)
            info.external_attr = 0o644 << 16
            archive.writestr(info, files[arcname].read_bytes(), zipfile.ZIP_DEFLATED, 9)
    scratch.rename(path)
    return path


def _files(folder: Path, left_out: frozenset[str] = _LEFT_OUT) -> list[Path]:
    return [
        path
        for path in folder.rglob("*")
        if path.is_file()
        and not left_out & set(path.relative_to(folder).parts)
        and path.suffix != ".pyc"
        and path.name not in {"requirements.txt", "requirements.in"}
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=ROOT / "build" / "lambdas")
    parser.add_argument("--platform", help="pip platform tag of the runtime; default: this machine")
    parser.add_argument("--migrate", action="store_true", help="also the migrations' function")
    arguments = parser.parse_args()
    for name, path in build(arguments.out, arguments.platform).items():
        print(name, path)
    if arguments.migrate:
        print("migrate", build_migrate(arguments.out, arguments.platform))


if __name__ == "__main__":
    main()
