"""Downloading a file that may be large over a line that may break.

What has arrived is kept as ``NAME.part`` and taken up again by HTTP Range, as long as the server
says that the file is still the same. The file gets its name when it is whole and its checksum is
right.
"""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from http.client import HTTPException, HTTPResponse
from pathlib import Path
from typing import Final, cast

Progress = Callable[[int, int], None]  # bytes that are there, bytes in all (0: not known)

_PIECE: Final = 1 << 20
_TIMEOUT: Final = 60.0


class DownloadProblem(ValueError):
    """A file that cannot be had; the message says which, why, and what to do."""


@dataclass(frozen=True, slots=True)
class Checksum:
    """What a file must have: ``kind`` is ``md5``, ``sha256`` or ``sum`` (BSD, as Ensembl's)."""

    kind: str
    value: str

    def of(self, path: Path) -> str:
        """The checksum of this kind of a file."""
        if self.kind == "sum":
            return str(bsd_sum(path))
        with path.open("rb") as handle:
            return hashlib.file_digest(handle, self.kind).hexdigest()


def bsd_sum(path: Path) -> int:
    """The 16-bit rotating checksum of the ``sum`` command, which does it if it is there."""
    command = shutil.which("sum")
    if command:
        run = [command, "-r", str(path)]
        done = subprocess.run(run, check=True, capture_output=True)  # noqa: S603
        return int(done.stdout.split()[0])
    total = 0
    with path.open("rb") as handle:
        while data := handle.read(_PIECE):
            for byte in data:
                total = ((total >> 1) + ((total & 1) << 15) + byte) & 0xFFFF
    return total


def _open(url: str, headers: dict[str, str]) -> HTTPResponse:
    if not url.startswith(("https://", "http://")):
        raise DownloadProblem(f"{url} is not a web address")
    request = urllib.request.Request(url, headers=headers)  # noqa: S310 - the scheme was checked
    return cast(HTTPResponse, urllib.request.urlopen(request, timeout=_TIMEOUT))  # noqa: S310


def read_text(url: str) -> str:
    """A small file, such as a list of checksums. Raises DownloadProblem."""
    try:
        with _open(url, {}) as answer:
            return answer.read(1 << 26).decode("utf-8", "replace")
    except (urllib.error.URLError, HTTPException, OSError) as error:
        raise DownloadProblem(f"{url} cannot be read: {error}") from error


def size_of(url: str) -> int:
    """How many bytes a file has, 0 if the server does not say."""
    try:
        with _open(url, {"Range": "bytes=0-0"}) as answer:
            _, _, total = answer.headers.get("Content-Range", "").rpartition("/")
            return int(total) if total.isdigit() else int(answer.headers.get("Content-Length", 0))
    except (urllib.error.URLError, HTTPException, OSError, ValueError):
        return 0


def download(
    url: str,
    target: Path,
    checksum: Checksum | None = None,
    progress: Progress = lambda _done, _all: None,
    *,
    attempts: int = 5,
    pause: float = 2.0,
) -> Path:
    """Fetch ``url`` to ``target``; nothing is done if a right file is there already.

    Tries again when the line breaks or the file is cut short, and once from the beginning when the
    checksum is wrong. Raises DownloadProblem.
    """
    if target.is_file():
        if checksum is None or checksum.of(target) == checksum.value:
            return target
        target.unlink()
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_name(f"{target.name}.part")
    found = ""
    for _ in range(2):
        _fetch(url, part, progress, attempts, pause)
        if checksum is None or (found := checksum.of(part)) == checksum.value:
            part.rename(target)
            _mark(part).unlink(missing_ok=True)
            return target
        part.unlink()
    assert checksum is not None
    raise DownloadProblem(
        f"{url} has the {checksum.kind} checksum {found}, expected {checksum.value}. "
        "It was fetched twice; the source may have changed, or something on the way changes it."
    )


def _fetch(url: str, part: Path, progress: Progress, attempts: int, pause: float) -> None:
    """Make ``part`` complete."""
    reason = ""
    for attempt in range(attempts):
        if attempt:
            time.sleep(pause * 2 ** (attempt - 1))
        try:
            missing = _go_on(url, part, progress)
        except urllib.error.HTTPError as error:
            if error.code < 500 and error.code not in (408, 416, 429):
                raise DownloadProblem(f"{url}: {_answer(error)}") from error
            if error.code == 416:
                part.unlink(missing_ok=True)
            reason = _answer(error)
        except (urllib.error.URLError, HTTPException, OSError) as error:
            if isinstance(error, OSError) and error.errno == 28:
                raise DownloadProblem(f"The disk is full at {part}") from error
            reason = str(error)
        else:
            if missing <= 0:
                return
            reason = f"{missing} bytes are missing"
    raise DownloadProblem(f"{url} could not be fetched in {attempts} attempts: {reason}")


def _answer(error: urllib.error.HTTPError) -> str:
    return f"the server says {error.code} {error.reason}"


def _go_on(url: str, part: Path, progress: Progress) -> int:
    """Fetch what is not there yet; how many bytes are still missing."""
    done = part.stat().st_size if part.is_file() else 0
    mark = _mark(part)
    known = mark.read_text() if mark.is_file() else ""
    headers = {"Accept-Encoding": "identity"}
    if done and known:
        headers |= {"Range": f"bytes={done}-", "If-Range": known}
    with _open(url, headers) as answer:
        if answer.status != 206:
            done = 0
        mark.write_text(answer.headers.get("ETag") or answer.headers.get("Last-Modified") or "")
        length = int(answer.headers.get("Content-Length") or 0)
        total = done + length if length else 0
        with part.open("ab" if done else "wb") as out:
            while piece := answer.read(_PIECE):
                out.write(piece)
                done += len(piece)
                progress(done, total)
    return total - done if total else 0


def _mark(part: Path) -> Path:
    """Where the server's name for this state of the file is kept."""
    return part.with_name(f"{part.name}.etag")


def need_space(folder: Path, wanted: int) -> None:
    """Raises DownloadProblem if the disk of a folder has less room than ``wanted`` bytes."""
    place = folder
    while not place.exists():
        place = place.parent
    free = shutil.disk_usage(place).free
    if free < wanted:
        raise DownloadProblem(
            f"{folder} has {free / 1e9:.1f} GB free, {wanted / 1e9:.1f} GB are needed. "
            "Free some, or give another folder."
        )
