"""The histogram of qualities: any finite number may stand in a file."""

import math
from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from web.explorer.whole import quality_bins
from web.plots import histograms

FINITE = st.floats(allow_nan=False, allow_infinity=False)


@given(st.lists(FINITE, min_size=1, max_size=40))
def test_every_finite_quality_is_counted_once(values: list[float]) -> None:
    _check(values)


@pytest.mark.parametrize(
    "values",
    [
        [1e-322, 0.0],
        [1.7e308, -1.7e308],
        [1.7e308] * 3,
        [5e-324],
        [1e17, 1e17 + 16],
        [0.0, 0.0],
        [1e300, 30.0, 60.0],
    ],
)
def test_extreme_qualities_are_counted(values: list[float]) -> None:
    _check(values)


def test_usual_qualities_have_round_edges() -> None:
    edges, bins = quality_bins(np.arange(0, 100, 1.0))
    assert edges[:3] == [0, 5, 10]
    assert bins[:2] == [5, 5]


def _check(values: Sequence[float]) -> None:
    edges, bins = quality_bins(np.array(values))
    assert sum(bins) == len(values)
    assert len(bins) == len(edges) - 1 <= 60
    assert all(math.isfinite(edge) for edge in edges)
    assert all(low < high for low, high in pairwise(edges))
    histograms.qualities(edges, bins, 0)
