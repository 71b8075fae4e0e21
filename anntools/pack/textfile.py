"""Reading text files of any size, plain, gzip or BGZF, as chunks of whole lines."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, Final, cast

_CHUNK: Final = 4 << 20
_LONGEST: Final = 1 << 28


class TextProblem(ValueError):
    """A file that cannot be read as text; the message says which, where and why."""


def open_text(path: Path) -> BinaryIO:
    """The bytes of the text, decompressed in a thread of its own if need be."""
    with path.open("rb") as handle:
        compressed = handle.read(2) == b"\x1f\x8b"
    if not compressed:
        return path.open("rb")
    from isal import igzip_threaded

    handle = igzip_threaded.open(  # type: ignore[no-untyped-call]
        str(path), "rb", threads=1, block_size=_CHUNK
    )
    return cast(BinaryIO, handle)


def blocks(path: Path, size: int = _CHUNK) -> Iterator[bytes]:
    """The text in pieces of about ``size`` bytes. Raises TextProblem for damaged compression."""
    try:
        with open_text(path) as handle:
            while piece := handle.read(size):
                yield piece
    except (EOFError, zlib.error) as error:
        raise TextProblem(f"{path.name} is damaged or cut short: {error}") from error
    except OSError as error:
        if error.errno is not None:
            raise
        raise TextProblem(f"{path.name} is damaged: {error}") from error


def chunks(path: Path, size: int = _CHUNK) -> Iterator[bytes]:
    """The text in chunks of whole lines, each ending in a line feed."""
    rest = b""
    for piece in blocks(path, size):
        cut = piece.rfind(b"\n") + 1
        if cut:
            yield rest + piece[:cut]
            rest = piece[cut:]
        else:
            rest += piece
            if len(rest) > _LONGEST:
                raise TextProblem(f"{path.name} has a line of more than {_LONGEST} bytes")
    if rest:
        yield rest + b"\n"


def lines(path: Path) -> Iterator[tuple[int, str]]:
    """Numbered lines without their ends; blank lines and comments are left out."""
    number = 0
    for chunk in chunks(path):
        try:
            text = chunk.decode()
        except UnicodeDecodeError:
            text = chunk.decode("latin-1")
        for raw in text[:-1].split("\n"):
            number += 1
            line = raw.rstrip("\r")
            if line and not line.startswith("#"):
                yield number, line
