"""Writing beside the work: what arrives, in which order, and who hears of an error."""

from __future__ import annotations

import io

import pytest
from blake3 import blake3

from anntools.writebehind import WriteBehind

SIZES = {"few bytes": [10, 0, 20], "many": [700_000] * 5, "one large piece": [3 << 20]}


@pytest.mark.parametrize("sizes", SIZES.values(), ids=SIZES)
def test_all_arrives_in_order(sizes: list[int]) -> None:
    pieces = [bytes([65 + i]) * n for i, n in enumerate(sizes)]
    handle = io.BytesIO()
    file = WriteBehind(handle)
    for piece in pieces:
        file.write(memoryview(piece))
    whole = b"".join(pieces)
    assert file.finish() == blake3(whole).hexdigest()
    assert (handle.getvalue(), file.bytes) == (whole, len(whole))


def test_a_buffer_may_be_used_again_after_the_next_call() -> None:
    handle = io.BytesIO()
    file = WriteBehind(handle)
    buffers = [bytearray(1 << 20), bytearray(1 << 20)]
    for i in range(20):
        buffer = buffers[i % 2]
        buffer[:] = bytes([i]) * len(buffer)
        file.write(memoryview(buffer))
    file.finish()
    assert handle.getvalue() == b"".join(bytes([i]) * (1 << 20) for i in range(20))


class Full(io.BytesIO):
    """A disk without room."""

    def write(self, _: object) -> int:
        raise OSError(28, "No space left on device")


def test_an_error_shows_at_the_next_call() -> None:
    file = WriteBehind(Full())
    file.write(bytes(2 << 20))
    with pytest.raises(OSError, match="No space"):
        file.write(b"x")
    with pytest.raises(OSError, match="No space"):
        file.finish()
    file.stop()
