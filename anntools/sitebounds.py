"""How much a question about single variants may ask for: spans and overlapping transcripts.

A line of forty characters may name a deletion of a whole chromosome; a row for each transcript in
it is megabytes. A run writes them to a file; whoever answers at once holds them in memory.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from anntools.options import Options
from anntools.problems import Problem
from anntools.spec.structural import Kind, kind_of

if TYPE_CHECKING:
    from anntools.pack import Pack
    from anntools.sites import Site

MOST_SPAN: Final = 1_000_000
MOST_ENTRIES: Final = 50_000
_END: Final = re.compile(r"(?:^|;)END=([0-9]+)")
_LENGTHS: Final = re.compile(r"(?:^|;)SVLEN=([-0-9,.]+)")
_NO_ROWS: Final = frozenset({"<*>", "<NON_REF>"})
_AT_A_PLACE: Final = frozenset({Kind.INSERTION, Kind.BREAKEND})


class Entries:
    """Counts the transcript entries that the sites of one call lead to."""

    def __init__(self, pack: Pack, names: Mapping[str, str]) -> None:
        """``names``: as in ``Options.contig_names``."""
        from anntools.variant_text import view_of

        self._view, self._names, self._count = view_of(pack), names, 0
        self._distance = min(Options().distance, pack.manifest.distance)

    def refuse(self, site: Site) -> Problem | None:
        """Counts a site; why it is not answered if it spans too much or there are too many."""
        span = span_of(site)
        if span > MOST_SPAN:
            message = f"The allele spans {span:,} bases; at most {MOST_SPAN:,} are taken here."
            return Problem("allele_too_long", message, remedy="Upload it as a file.")
        if self._count <= MOST_ENTRIES:
            self._count += self._entries(site, span)
        if self._count <= MOST_ENTRIES:
            return None
        message = f"The variants asked about meet more than {MOST_ENTRIES:,} transcripts together."
        remedy = "Ask in several steps, or upload them as a file."
        return Problem("too_many_transcripts", message, remedy=remedy)

    def _entries(self, site: Site, span: int) -> int:
        """At least as many as the rows will have: each ALT is taken as long as the longest."""
        contig = self._view.aliases.get(self._names.get(site.chrom, site.chrom))
        if contig is None:
            return 0
        near = self._view.numbers_near(contig, site.pos, site.pos + span, self._distance)
        return len(near) * (site.alt.count(",") + 1)


def span_of(site: Site) -> int:
    """Bases from POS on that the longest allele may change, by REF and by what INFO says."""
    alts = site.alt.split(",")
    if any(_is_long(alt) for alt in alts):
        ends = [int(end) - site.pos for end in _END.findall(site.info)]
        lengths = [
            int(n) for text in _LENGTHS.findall(site.info) for n in re.findall(r"[0-9]+", text)
        ]
        return max(len(site.ref), *ends, *lengths, 1)
    return len(site.ref)


def _is_long(alt: str) -> bool:
    return alt.startswith("<") and alt not in _NO_ROWS and kind_of(alt) not in _AT_A_PLACE
