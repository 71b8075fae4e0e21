"""A small drawing of a transcript with the variant's place. Introns are drawn short."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from web.ports import Transcript

WIDTH = 720
_MARGIN = 8
_MOST_INTRON = 0.35
"""Introns share at most this part of the width, each by the logarithm of its length."""


@dataclass(frozen=True)
class Box:
    """An exon or a part of it; coding parts are drawn high."""

    x: float
    width: float
    coding: bool


@dataclass(frozen=True)
class GeneDrawing:
    """The geometry. Left is 5′ on the genome's forward strand."""

    symbol: str
    transcript: str
    forward: bool
    boxes: Sequence[Box]
    left: float
    right: float
    variant: float
    exons: int


def draw_gene(transcript: Transcript, position: int) -> GeneDrawing:
    """The drawing of a transcript with a mark at `position` (0-based); a place outside of it is
    marked at its end."""
    scale = _Scale(transcript)
    boxes = []
    for exon in transcript.exons:
        boxes.append(_box(scale, exon.start, exon.end, coding=False))
        if exon.coding_start is not None and exon.coding_end is not None:
            boxes.append(_box(scale, exon.coding_start, exon.coding_end, coding=True))
    return GeneDrawing(
        symbol=transcript.symbol,
        transcript=transcript.id,
        forward=transcript.strand > 0,
        boxes=boxes,
        left=scale(transcript.start),
        right=scale(transcript.end),
        variant=scale(position + 0.5),
        exons=len(transcript.exons),
    )


def _box(scale: "_Scale", start: int, end: int, *, coding: bool) -> Box:
    left = scale(start)
    return Box(left, round(max(scale(end) - left, 1.5), 1), coding)


class _Scale:
    """From a place on the genome to the drawing: exons by length, introns by its logarithm."""

    def __init__(self, transcript: Transcript) -> None:
        exons = sorted((exon.start, exon.end) for exon in transcript.exons)
        gaps = [b[0] - a[1] for a, b in pairwise(exons)]
        weights = [math.log2(gap + 2) for gap in gaps]
        bases = sum(end - start for start, end in exons) or 1
        inner = WIDTH - 2 * _MARGIN
        for_introns = min(_MOST_INTRON, 0.06 * len(gaps)) * inner
        per_weight = for_introns / sum(weights) if weights else 0.0
        per_base = (inner - for_introns) / bases
        self._points: list[tuple[float, float]] = []
        x = float(_MARGIN)
        for number, (start, end) in enumerate(exons):
            self._points.append((start, x))
            x += (end - start) * per_base
            self._points.append((end, x))
            if number < len(gaps):
                x += weights[number] * per_weight

    def __call__(self, place: float) -> float:
        points = self._points
        if not points or place <= points[0][0]:
            return float(_MARGIN)
        for (a, x), (b, y) in pairwise(points):
            if a <= place <= b:
                return round(x + (y - x) * (place - a) / ((b - a) or 1), 1)
        return round(points[-1][1], 1)
