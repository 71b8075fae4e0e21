"""The tree hash, against the one that the SDK computes."""

import io
import os

import pytest
from botocore.utils import calculate_tree_hash

from gas.aws.tree_hash import LEAF, leaves_of, root_of, tree_hash

SIZES = [0, 1, LEAF - 1, LEAF, LEAF + 1, 2 * LEAF, 3 * LEAF, 5 * LEAF + 7, 8 * LEAF]


@pytest.mark.parametrize("size", SIZES)
def test_it_is_what_the_sdk_computes(size: int) -> None:
    content = os.urandom(size)
    assert tree_hash(content) == calculate_tree_hash(io.BytesIO(content))  # type: ignore[arg-type]


def test_the_tree_of_parts_is_the_tree_of_the_whole() -> None:
    content = os.urandom(5 * LEAF + 7)
    halves = leaves_of(content[: 4 * LEAF]) + leaves_of(content[4 * LEAF :])
    assert root_of(halves) == tree_hash(content)
