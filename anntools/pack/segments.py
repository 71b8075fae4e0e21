"""Cutting a contig into segments: stretches in which the set of covering intervals is constant."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence


def segments(spans: Sequence[tuple[int, int, int]]) -> list[tuple[int, list[int]]]:
    """(start, members) of each segment, from position 0 on; members ascend.

    ``spans``: (start, end, member), half-open. The last segment has no members and never ends.
    """
    edges: dict[int, tuple[list[int], list[int]]] = defaultdict(lambda: ([], []))
    edges[0]  # every contig begins with a segment at 0
    for start, end, member in spans:
        edges[start][0].append(member)
        edges[end][1].append(member)
    out: list[tuple[int, list[int]]] = []
    active: set[int] = set()
    for position in sorted(edges):
        begin, stop = edges[position]
        active.difference_update(stop)
        active.update(begin)
        out.append((position, sorted(active)))
    return out
