"""Regions as people and genome browsers write them."""

import re
from dataclasses import dataclass

from gas.errors import InvalidRequest

_REGION = re.compile(r"(?P<contig>[^\s]+):(?P<first>[0-9][0-9,]*)-(?P<last>[0-9][0-9,]*)")
_MOST_CHARACTERS = 300


@dataclass(frozen=True)
class Region:
    """A stretch of a contig: `[start, end)`, 0-based."""

    contig: str
    start: int
    end: int


def parse_region(text: str | None) -> Region:
    """`20:100-200`, both ends counted from 1 and part of it; a contig's name may hold colons.

    Raises:
        InvalidRequest: it is not written like that, or ends before it begins.
    """
    found = _REGION.fullmatch(text) if text and len(text) <= _MOST_CHARACTERS else None
    if found is None:
        raise InvalidRequest(
            "The parameter `region` is missing or not a region.",
            remedy="Write it as region=20:100-200: contig, first base, last base.",
        )
    first, last = (int(found[end].replace(",", "")) for end in ("first", "last"))
    if last < first or last < 1:
        raise InvalidRequest("The region ends before it begins.", remedy="Swap its ends.")
    return Region(found["contig"], max(first, 1) - 1, last)
