"""Past the page cache or through it: the file is the same."""

from __future__ import annotations

import io
import os
import random
from pathlib import Path

import pytest

from anntools import uncached
from anntools.uncached import Appender

SIZES = {
    "even": [4096] * 20,
    "odd": [1, 4095, 4097, 0, 3, 70_001, 2, 5, 8191],
    "large": [1_000_001] * 3,
}


@pytest.mark.parametrize("sizes", SIZES.values(), ids=SIZES)
@pytest.mark.parametrize("kept", [0, 5000, 1 << 30])
@pytest.mark.parametrize("refused", [0, 1, 3])
def test_the_file_is_what_was_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sizes: list[int], kept: int, refused: int
) -> None:
    monkeypatch.setattr(uncached, "KEPT", kept)
    if refused:
        monkeypatch.setattr(os, "pwritev", refusing(refused))
    rng = random.Random(1)
    pieces = [rng.randbytes(n) for n in sizes]
    with (tmp_path / "file").open("wb") as handle:
        file = Appender(handle)
        for piece in pieces:
            file.write(memoryview(piece))
        file.finish()
    assert (tmp_path / "file").read_bytes() == b"".join(pieces)


def refusing(call: int) -> object:
    """A file system that writes a part at a time, and at some call says that it cannot."""
    calls = 0

    def pwritev(number: int, parts: list[memoryview], _offset: int, _flags: int) -> int:
        nonlocal calls
        calls += 1
        if calls >= call:
            raise OSError(95, "Operation not supported")
        return os.write(number, b"".join(parts)[:1000])

    return pwritev


def test_memory_is_written_too() -> None:
    handle = io.BytesIO()
    file = Appender(handle)
    data = bytes(uncached.KEPT + 5)
    file.write(data)
    file.write(b"more")
    file.finish()
    assert handle.getvalue() == data + b"more"
