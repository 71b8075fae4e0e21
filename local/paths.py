"""Where the embedded default keeps its things: one data folder, made private to its owner."""

from __future__ import annotations

import hashlib
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path

from local.errors import LocalError

REPOSITORY = Path(__file__).resolve().parent.parent
DEFAULT_DATA = REPOSITORY / ".gas"
_LONGEST_SOCKET_PATH = 100  # bytes; the systems' own limits are 104 and 108


@dataclass(frozen=True)
class DataFolder:
    """The layout of a data folder. Nothing outside of it is written."""

    root: Path

    @classmethod
    def at(cls, path: str | os.PathLike[str] | None) -> DataFolder:
        """The data folder at ``path`` (relative to the working directory), or the default one."""
        return cls(Path(path).expanduser().resolve() if path else DEFAULT_DATA)

    @property
    def logs(self) -> Path:
        return self.root / "logs"

    @property
    def run(self) -> Path:
        """What only matters while the parts run: the lock, process records, sockets."""
        return self.root / "run"

    @property
    def cloud(self) -> Path:
        return self.root / "cloud"

    @property
    def postgres(self) -> Path:
        return self.root / "postgres"

    @property
    def globus(self) -> Path:
        return self.root / "globus"

    @property
    def stripe(self) -> Path:
        return self.root / "stripe"

    @property
    def traces(self) -> Path:
        """What was done for each job, as the collector keeps it."""
        return self.root / "traces"

    @property
    def work(self) -> Path:
        """The annotator's working folders, one for each job that runs."""
        return self.root / "work"

    @property
    def explorer(self) -> Path:
        """The tables that are being explored."""
        return self.root / "explorer"

    @property
    def tls(self) -> Path:
        """The certificate authority of this installation, once it was asked for HTTPS."""
        return self.root / "tls"

    @property
    def settings(self) -> Path:
        """Secrets and generated configuration, each file readable by the owner only."""
        return self.root / "settings"

    def create(self) -> None:
        """Make the folders. The root is closed to other users: it holds data and keys.

        Raises:
            LocalError: it cannot be made, or is somebody's folder of other things, which closing
                (think of `--data /tmp`) and resetting would harm.
        """
        folders = (
            self.logs,
            self.run,
            self.cloud,
            self.globus,
            self.stripe,
            self.traces,
            self.work,
            self.explorer,
            self.settings,
        )
        try:
            self.root.mkdir(parents=True, exist_ok=True)
            if not (self.run.is_dir() and self.settings.is_dir()):
                self._require_nothing_else(*folders, self.tls)
            self.root.chmod(0o700)
            for folder in folders:
                folder.mkdir(exist_ok=True)
            self.explorer.chmod(0o700)  # the web app uses no folder that others may enter
        except OSError as fault:
            raise LocalError(
                f"The data folder {self.root} cannot be used: {fault.strerror}.\n"
                "Give another one with --data DIR (or `make run DATA=DIR`)."
            ) from fault

    def _require_nothing_else(self, *ours: Path) -> None:
        other = next((entry for entry in self.root.iterdir() if entry not in ours), None)
        if other is not None and other.name != "lost+found":
            raise LocalError(
                f"{self.root} holds other things already ({other.name}), so it is not used as the "
                "data folder.\n"
                "Give a new or empty one with --data DIR (or `make run DATA=DIR`)."
            )


def socket_folder(folder: Path, name: str) -> Path:
    """A folder where a UNIX socket of this name can be: `folder`, unless its path is too long.

    Then one under the temporary folder, named after `folder`, so that it stays the same.
    """
    if len(os.fsencode(folder / name)) <= _LONGEST_SOCKET_PATH:
        return folder
    digest = hashlib.sha256(os.fsencode(folder)).hexdigest()[:12]
    return Path(tempfile.gettempdir()) / f"gas-{os.getuid()}-{digest}"


def make_private(folder: Path) -> None:
    """Make a folder that only its owner can enter.

    Raises:
        LocalError: there is one of somebody else.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if folder.stat().st_uid != os.getuid() or folder.is_symlink():
        raise LocalError(f"{folder} belongs to somebody else; remove it.")
    folder.chmod(0o700)


def write_private(path: Path, text: str) -> None:
    """Write a file that only its owner can read, all of it or nothing."""
    temporary = path.with_name(path.name + ".new")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)
