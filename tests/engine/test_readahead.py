"""Chunks read in a thread: all of them, in order, and errors in their place."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from anntools.readahead import read_ahead


def numbered(count: int, error: Exception | None = None) -> Iterator[bytes]:
    """Chunks, and then perhaps an error."""
    for i in range(count):
        yield bytes([i])
    if error:
        raise error


@pytest.mark.parametrize("count", [0, 1, 4, 5, 9, 200])
def test_all_in_order(count: int) -> None:
    assert list(read_ahead(numbered(count))) == [bytes([i]) for i in range(count)]


@pytest.mark.parametrize("count", [0, 3, 4, 50])
def test_an_error_comes_after_the_chunks_before_it(count: int) -> None:
    chunks = read_ahead(numbered(count, OSError("no disk")))
    assert [next(chunks) for _ in range(count)] == [bytes([i]) for i in range(count)]
    with pytest.raises(OSError, match="no disk"):
        next(chunks)


def test_who_stops_early_leaves_no_thread() -> None:
    before = threading.active_count()
    chunks = read_ahead(numbered(200))
    assert [next(chunks) for _ in range(20)] == [bytes([i]) for i in range(20)]
    chunks.close()  # type: ignore[attr-defined]
    assert threading.active_count() == before
