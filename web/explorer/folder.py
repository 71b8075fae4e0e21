"""A folder of copies: whole or not there, bounded in bytes, shared by processes.

    DIR/KEY/            a copy
    DIR/KEY.part/       a copy while it is made, or what is being removed
    DIR/KEY.part/room   bytes that its maker asks for; while it is made
    DIR/KEY.lock        held by the process that makes or drops it
    DIR/~room.lock      held while it is found out whether there is room

Whoever finds a copy gone makes it again; what was mapped stays readable until it is let go.
"""

import fcntl
import os
import shutil
import stat
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from gas.errors import ServiceUnavailable
from gas.logs import get_logger

log = get_logger()

_PART: Final = ".part"
_ROOM: Final = "room"
_ROOM_KEY: Final = "~room"


class CopyFolder:
    """Safe to share between threads and processes."""

    def __init__(self, path: Path, *, most_bytes: int) -> None:
        self._path = path
        self._most = most_bytes

    def copy(self, key: str) -> Path:
        """Where the copy is, if there is one."""
        return self._path / key

    def use(self, key: str) -> bool:
        """Note that the copy is used now; False: there is none.

        Raises:
            ServiceUnavailable: the folder is not ours alone.
        """
        self._check()
        try:
            os.utime(self.copy(key))
        except FileNotFoundError:
            return False
        return True

    def keys(self, job_id: str = "") -> list[str]:
        """The copies and parts there are; of one job."""
        names = {path.name.removesuffix(_PART) for path in self._entries()}
        return [name for name in names if name.startswith(f"{job_id}-" if job_id else "")]

    @contextmanager
    def making(self, key: str) -> Iterator[Path]:
        """A folder that becomes the copy if all goes well, and goes if not; within `alone`."""
        part = self._part(key)
        _remove(part)
        part.mkdir(mode=0o700)
        try:
            yield part
            (part / _ROOM).unlink(missing_ok=True)
            part.rename(self.copy(key))
        except BaseException:
            _remove(part)
            self._lock_of(key).unlink(missing_ok=True)
            raise

    def make_room(self, key: str, needed: int) -> bool:
        """Drop copies until one of `needed` bytes has room, those first that were not used for
        longest; False: there is none. What others are making counts with what they asked for."""
        own = self._part(key)
        with self.alone(_ROOM_KEY, wait=True):
            sizes = {path: _size(path) for path in self._entries() if path != own}
            for path in sorted(sizes, key=_used_at):
                if sum(sizes.values()) + needed <= self._most:
                    break
                if self.drop(path.name):
                    del sizes[path]
            found = sum(sizes.values()) + needed <= self._most
            if found:
                (own / _ROOM).write_text(str(needed))
            return found

    def sweep(self, keep_seconds: int) -> None:
        """Drop what nobody used for so long, and parts whose maker is gone."""
        for path in self._entries():
            self.drop(path.name, unused_for=keep_seconds)

    def drop(self, name: str, unused_for: int = 0) -> bool:
        """Remove a copy or a part, unless somebody makes it just now or used it since; whether it
        is gone. A copy goes at once and as a whole."""
        key = name.removesuffix(_PART)
        with self.alone(key, wait=False) as ours:
            if not ours:
                return False
            copy, part = self.copy(key), self._part(key)
            # Only now nobody else touches it: it may have been used since it was looked at.
            if name == key and unused_for and time.time() - _used_at(copy) < unused_for:
                return False
            _remove(part)
            if name == key:
                with suppress(FileNotFoundError):
                    copy.rename(part)
                _remove(part)
            if not copy.exists():
                self._lock_of(key).unlink(missing_ok=True)
            return True

    @contextmanager
    def alone(self, key: str, *, wait: bool) -> Iterator[bool]:
        """Alone with a key among all threads and processes; gives whether we are.

        Raises:
            ServiceUnavailable: the folder is not ours alone.
        """
        self._check()
        handle = self._lock_handle(key)
        how = fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB)
        try:
            fcntl.flock(handle, how)
            while not self._is_lock(key, handle):  # it was removed while we waited for it
                os.close(handle)
                handle = self._lock_handle(key)
                fcntl.flock(handle, how)
            ours = True
        except BlockingIOError:
            ours = False
        try:
            yield ours
        finally:
            os.close(handle)

    # ---- the folder itself

    def _check(self) -> None:
        """Make the folder, or see that nobody else can put anything into it."""
        with suppress(FileExistsError):
            self._path.mkdir(mode=0o700, parents=True)
        found = self._path.lstat()
        if (
            stat.S_ISDIR(found.st_mode)
            and found.st_uid == os.getuid()
            and not found.st_mode & 0o077
        ):
            return
        log.error("table_folder_unsafe", path=str(self._path), mode=oct(found.st_mode))
        raise ServiceUnavailable(
            "Results cannot be explored here just now.",
            remedy="Download the table, or tell the operators: the folder of copies has to be a "
            "folder (no link) that belongs to the web app, with mode 0700.",
        )

    def _entries(self) -> list[Path]:
        if not self._path.exists():
            return []
        self._check()
        return [path for path in self._path.iterdir() if path.is_dir()]

    def _part(self, key: str) -> Path:
        return self._path / f"{key}{_PART}"

    def _lock_of(self, key: str) -> Path:
        return self._path / f"{key}.lock"

    def _lock_handle(self, key: str) -> int:
        return os.open(self._lock_of(key), os.O_CREAT | os.O_RDWR | os.O_NOFOLLOW, 0o600)

    def _is_lock(self, key: str, handle: int) -> bool:
        with suppress(FileNotFoundError):
            return os.path.samestat(os.fstat(handle), self._lock_of(key).stat())
        return False


def _remove(folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)


def _size(folder: Path) -> int:
    """Bytes in there, or those that its maker asked for."""
    with suppress(FileNotFoundError):
        there = sum(path.stat().st_size for path in folder.iterdir())
        with suppress(FileNotFoundError, ValueError):
            return max(there, int((folder / _ROOM).read_text()))
        return there
    return 0


def _used_at(folder: Path) -> float:
    with suppress(FileNotFoundError):
        return folder.stat().st_mtime
    return 0.0
