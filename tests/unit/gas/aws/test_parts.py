"""Streams cut into parts."""

import pytest

from gas.aws.parts import in_parts


@pytest.mark.parametrize(
    ("chunks", "parts"),
    [
        ([], [b""]),
        ([b""], [b""]),
        ([b"abc"], [b"abc"]),
        ([b"abcd"], [b"abcd"]),
        ([b"abcde"], [b"abcd", b"e"]),
        ([b"ab", b"cdefghij"], [b"abcd", b"efgh", b"ij"]),
        ([b"a", b"", b"b", b"cdefgh"], [b"abcd", b"efgh"]),
    ],
)
def test_all_but_the_last_part_are_full(chunks: list[bytes], parts: list[bytes]) -> None:
    assert list(in_parts(chunks, 4)) == parts
