"""The SHA-256 tree hash of the Glacier service ("Computing Checksums" in its Developer Guide)."""

import hashlib

LEAF = 1024 * 1024
"""Bytes under each leaf of the tree."""


def leaves_of(part: bytes) -> list[bytes]:
    """The hashes of the part's MiBs, in order. Only an archive's last part has a shorter one."""
    view = memoryview(part)
    starts = range(0, len(view) or 1, LEAF)
    return [hashlib.sha256(view[start : start + LEAF]).digest() for start in starts]


def root_of(leaves: list[bytes]) -> str:
    """The tree hash, in hexadecimal: pairs are hashed together, an odd one is passed on."""
    level = leaves
    while len(level) > 1:
        paired = [
            hashlib.sha256(first + second).digest()
            for first, second in zip(level[::2], level[1::2], strict=False)
        ]
        level = paired + level[len(paired) * 2 :]
    return level[0].hex()


def tree_hash(part: bytes) -> str:
    """The tree hash of bytes that are in memory."""
    return root_of(leaves_of(part))
