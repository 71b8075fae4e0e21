"""The tree hash of Glacier: SHA-256 of each MiB, then of pairs of hashes, up to one."""

from __future__ import annotations

import hashlib

LEAF = 1024 * 1024


class TreeHash:
    """A running tree hash with the interface of ``hashlib``."""

    def __init__(self) -> None:
        self._leaves: list[bytes] = []
        self._leaf = hashlib.sha256()
        self._room = LEAF

    def update(self, data: bytes, /) -> None:
        view = memoryview(data)
        while view:
            piece = view[: self._room]
            self._leaf.update(piece)
            self._room -= len(piece)
            view = view[len(piece) :]
            if not self._room:
                self._leaves.append(self._leaf.digest())
                self._leaf, self._room = hashlib.sha256(), LEAF

    @property
    def leaves(self) -> bytes:
        """The hashes of all MiBs so far, one after the other; the last may be of less."""
        begun = self._room < LEAF or not self._leaves
        return b"".join(self._leaves) + (self._leaf.digest() if begun else b"")

    def digest(self) -> bytes:
        return root(self.leaves)


def root(leaves: bytes) -> bytes:
    """The hash at the top of a tree with these leaves (32 bytes each, at least one)."""
    level = [leaves[at : at + 32] for at in range(0, len(leaves), 32)]
    while len(level) > 1:
        level = [
            hashlib.sha256(b"".join(level[at : at + 2])).digest() if at + 1 < len(level) else last
            for at, last in ((at, level[at]) for at in range(0, len(level), 2))
        ]
    return level[0]


def root_of_range(leaves: bytes, size: int, start: int, length: int) -> str:
    """The tree hash of a range in hexadecimal; empty if the range is no whole branch of the tree.

    A branch begins at a multiple of its own width, and is as wide as a power of two unless it
    ends with the archive ("tree-hash aligned" in the Developer Guide).
    """
    end = start + length
    if start % LEAF or (end % LEAF and end != size):
        return ""
    first, count = start // LEAF, -(-length // LEAF)
    width = 1 << (count - 1).bit_length()
    if first % width or (count != width and end != size):
        return ""
    return root(leaves[32 * first : 32 * (first + count)]).hex()
