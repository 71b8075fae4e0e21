"""The vault's tree hashes, against those that the SDK computes."""

from __future__ import annotations

import io
import os

import pytest
from botocore.utils import calculate_tree_hash

from local.cloud.vault.tree import LEAF, TreeHash, root_of_range

CONTENT = os.urandom(5 * LEAF + 7)


def expected(content: bytes) -> str:
    return str(calculate_tree_hash(io.BytesIO(content)))  # type: ignore[arg-type]


@pytest.mark.parametrize("size", [0, 1, LEAF, LEAF + 1, 3 * LEAF, len(CONTENT)])
@pytest.mark.parametrize("step", [1000, LEAF, 3 * LEAF + 1])
def test_it_does_not_matter_how_bytes_come(size: int, step: int) -> None:
    running = TreeHash()
    for start in range(0, size, step):
        running.update(CONTENT[start : min(start + step, size)])
    assert running.digest().hex() == expected(CONTENT[:size])


@pytest.mark.parametrize(
    ("first", "last", "aligned"),
    [
        (0, 1, True),
        (0, 2, True),
        (0, 3, False),
        (1, 2, True),
        (1, 3, False),
        (2, 4, True),
        (4, 6, True),
        (3, 6, False),
        (5, 6, True),
        (0, 6, True),
    ],
)
def test_a_range_has_a_tree_of_its_own_only_if_it_is_a_branch(
    first: int, last: int, aligned: bool
) -> None:
    running = TreeHash()
    running.update(CONTENT)
    part = CONTENT[first * LEAF : last * LEAF]
    found = root_of_range(running.leaves, len(CONTENT), first * LEAF, len(part))
    assert found == (expected(part) if aligned else "")


@pytest.mark.parametrize(("start", "length"), [(1, LEAF), (0, LEAF - 1), (LEAF, LEAF + 1)])
def test_bytes_that_are_no_whole_leaves_have_none(start: int, length: int) -> None:
    running = TreeHash()
    running.update(CONTENT)
    assert root_of_range(running.leaves, len(CONTENT), start, length) == ""
