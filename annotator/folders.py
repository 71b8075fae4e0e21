"""Working folders: one per job run, gone afterwards, also after a crash."""

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class WorkFolders:
    """Makes the working folders of one annotator process under a root it may share.

    Each process has a folder of its own with a locked file in it. The lock ends with the process
    however it died, so whoever starts next can tell the dead folders and removes them.
    """

    def __init__(self, root: Path) -> None:
        root.mkdir(parents=True, exist_ok=True)
        self._remove_dead(root)
        # The lock is taken before the folder gets the name by which others find it.
        making = Path(tempfile.mkdtemp(prefix="new-", dir=root))
        self._lock = os.open(making / "lock", os.O_CREAT | os.O_RDWR | os.O_CLOEXEC)
        fcntl.flock(self._lock, fcntl.LOCK_EX)
        self._own = making.rename(root / making.name.replace("new-", "annotator-"))

    @contextmanager
    def folder(self, job_id: str) -> Iterator[Path]:
        """An empty folder for one run of a job, removed at the end of the block."""
        with tempfile.TemporaryDirectory(
            prefix=f"{job_id}-", dir=self._own, ignore_cleanup_errors=True
        ) as path:
            yield Path(path)

    def close(self) -> None:
        """Remove this process's folder."""
        shutil.rmtree(self._own, ignore_errors=True)
        os.close(self._lock)

    @staticmethod
    def _remove_dead(root: Path) -> None:
        for folder in root.glob("annotator-*"):
            if _is_dead(folder):
                shutil.rmtree(folder, ignore_errors=True)


def _is_dead(folder: Path) -> bool:
    with (folder / "lock").open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
    return True
