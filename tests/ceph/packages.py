"""Fetches programs of Debian packages without installing them."""

import os
import shutil
import subprocess
from pathlib import Path

CEPH = (
    *("ceph-base", "ceph-common", "ceph-mon", "ceph-osd", "radosgw"),
    *("librados2", "librbd1", "libcephfs2", "libradosstriper1", "librgw2"),
    *("libboost-thread1.74.0", "libboost-context1.74.0", "libfmt9", "libfuse2", "libaio1"),
    *("libibverbs1", "librdmacm1", "libnl-3-200", "libnl-route-3-200", "liburcu8"),
    *("libtcmalloc-minimal4", "libgoogle-perftools4", "libsnappy1v5", "libleveldb1d"),
    *("libdaxctl1", "libndctl6", "libpmem1", "liblua5.3-0", "liboath0", "librabbitmq4"),
    *("librdkafka1", "python3-rados", "python3-ceph-argparse", "python3-ceph-common"),
    *("python3-prettytable", "python3-wcwidth"),
)
CLIENTS = ("s3cmd", "python3-dateutil", "python3-magic", "python3-six", "libmagic1", "rclone")
RELEASE = "bookworm"


class Unavailable(Exception):
    """The programs cannot be had here; the text says why."""


class Programs:
    """Unpacked packages under one folder."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._libraries = root / "usr/lib/x86_64-linux-gnu"

    @property
    def libraries(self) -> Path:
        """Where their shared libraries are."""
        return self._libraries

    def path(self, name: str) -> str:
        """The file of a program."""
        return str(self.root / "usr/bin" / name)

    def environment(self) -> dict[str, str]:
        """Variables with which the programs find their own libraries and modules."""
        found = (self._libraries, self._libraries / "ceph", self.root / "lib/x86_64-linux-gnu")
        kept = ("PATH", "LANG", "TMPDIR")
        return {
            **{name: os.environ[name] for name in kept if name in os.environ},
            "HOME": str(self.root),
            "LD_LIBRARY_PATH": ":".join(map(str, found)),
            "PYTHONPATH": str(self.root / "usr/lib/python3/dist-packages"),
        }


def fetch(cache: Path) -> Programs:
    """Download and unpack what is not there yet.

    Raises:
        Unavailable: this is no Debian 12 on x86-64, or its packages cannot be reached.
    """
    _require_debian()
    root, archives = cache / "root", cache / "archives"
    done = cache / "complete"
    if not done.exists():
        shutil.rmtree(root, ignore_errors=True)
        for folder in (root, archives):
            folder.mkdir(parents=True, exist_ok=True)
        _run("apt-get", "download", *CEPH, *CLIENTS, folder=archives)
        for archive in sorted(archives.glob("*.deb")):
            _run("dpkg-deb", "-x", str(archive), str(root), folder=archives)
        done.touch()
    return Programs(root)


def _require_debian() -> None:
    release = Path("/etc/os-release")
    text = release.read_text(encoding="utf-8") if release.exists() else ""
    if f"VERSION_CODENAME={RELEASE}" not in text or os.uname().machine != "x86_64":
        raise Unavailable("Ceph 16.2 comes with Debian 12 (bookworm) on x86-64; this is another.")


def _run(*command: str, folder: Path) -> None:
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise Unavailable(
            f"{' '.join(command[:2])} failed (`apt-get update` may help): {done.stderr[-500:]}"
        )
