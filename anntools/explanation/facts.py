"""What can be seen of an allele in a transcript, in words: the steps before the terms."""

from __future__ import annotations

from anntools.explanation.packview import Model
from anntools.genetic_code import THREE_LETTER
from anntools.spec.consequence import Effect
from anntools.spec.hgvs_c import name_of
from anntools.spec.transcript import Pair, Transcript, is_repair, meets

_NEAR = 17  # bases of an intron that have names of their own


def place_words(contig: str, first: int, last: int) -> str:
    """``20:5``, ``20:5-7``, ``between 20:5 and 20:6``."""
    if first == last + 1:
        return f"between {contig}:{last} and {contig}:{first}"
    return f"{contig}:{first}" if first == last else f"{contig}:{first}-{last}"


def facts(model: Model, first: int, last: int, ref: str, alt: str, effect: Effect) -> list[str]:
    """One sentence for each thing that the terms follow from."""
    t = model.transcript
    if effect.distance or not meets(first, last, t.first, t.last):
        return [_outside(t, first, effect)]
    out = [_strand(t)]
    if effect.exons:
        out.append(f"It touches {_numbered('exon', effect.exons)}.")
    out += [_intron(t, i, first, last) for i in _introns(t, first, last)]
    if effect.spliced != (None, None):
        out.append(
            f"In the spliced transcript: {_pair('base', effect.spliced)} of {len(t.sequence)}."
        )
    if t.coding:
        out += _coding(t, first, last, ref, alt, effect)
    else:
        out.append(
            f"The transcript ({model.biotype or 'no biotype given'}) has no coding sequence."
        )
    if t.nmd:
        out.append("Its biotype is nonsense_mediated_decay.")
    return out


def _outside(t: Transcript, first: int, effect: Effect) -> str:
    side = "before" if (first < t.first) == (t.strand > 0) else "behind"
    far = plural(effect.distance, "base")
    where = f"({t.first}-{t.last}, {_sign(t)} strand)"
    return f"The allele lies {far} {side} the transcript {where}."


def _sign(t: Transcript) -> str:
    return "plus" if t.strand > 0 else "minus"


def _strand(t: Transcript) -> str:
    turned = "" if t.strand > 0 else "; its bases are the complement, read backwards"
    return f"The transcript ({t.first}-{t.last}) lies on the {_sign(t)} strand{turned}."


def _numbered(what: str, numbers: tuple[int, int, int]) -> str:
    a, b, of = numbers
    return f"{what} {a} of {of}" if a == b else f"{what}s {a} to {b} of {of}"


def plural(count: int, what: str) -> str:
    """``1 base``, ``2 bases``."""
    return f"{count} {what}" if count == 1 else f"{count} {what}s"


def _pair(what: str, pair: Pair) -> str:
    """``base 5``, ``bases 5 to 7``, ``between base 5 and 6``, ``bases ? to 7``."""
    a, b = pair
    if a is not None and b is not None and a == b + 1:
        return f"between {what} {b} and {a}"
    first, last = ("?" if x is None else str(x) for x in pair)
    return f"{what} {first}" if first == last else f"{what}s {first} to {last}"


def _introns(t: Transcript, first: int, last: int) -> list[int]:
    """Introns that are touched, or whose splice regions in the exons are."""
    low, high = min(first, last), max(first, last)
    return [i for i, (a, b) in enumerate(t.introns) if a <= b and meets(low, high, a - 3, b + 3)]


def _intron(t: Transcript, i: int, first: int, last: int) -> str:
    a, b = t.introns[i]
    number = i + 1 if t.strand > 0 else len(t.introns) - i
    name = f"intron {number} of {len(t.introns)} ({a}-{b})"
    if is_repair((a, b)):
        return (
            f"Beside it: {name}; so short that it repairs the gene model, nothing is spliced there."
        )
    low, high = min(first, last), max(first, last)
    places = []
    for at in sorted({max(low, a), min(high, b)}):
        if not a <= at <= b:
            continue
        start, end = (at - a + 1, b - at + 1) if t.strand > 0 else (b - at + 1, at - a + 1)
        places.append(f"+{start}" if start <= end else f"-{end}")
    if not places:
        gap = a - high if high < a else low - b
        where = "last" if (high < a) == (t.strand > 0) else "first"
        return f"It is base {gap} of the {where} bases of an exon, counted from {name}."
    if len(places) > 1 and t.strand < 0:
        places.reverse()
    far = all(abs(int(p)) > _NEAR for p in places)
    words = " to ".join(places)
    return f"It touches {name} at base {words}{', far from the splice sites' if far else ''}."


def _coding(t: Transcript, first: int, last: int, ref: str, alt: str, effect: Effect) -> list[str]:
    begin, end = t.coding_span()
    out = []
    if t.start_incomplete or t.pad:
        out.append("The model's coding sequence has no known start.")
    if t.end_incomplete:
        out.append("The model's coding sequence has no known end.")
    if effect.coding == (None, None):
        if ref and t.first <= first <= t.last:
            out.append(f"HGVS position {name_of(t, first if t.strand > 0 else last)}.")
        return out
    whole = (end - begin + 1 + t.pad) // 3
    out.append(
        f"In the coding sequence: {_pair('base', effect.coding)}, "
        f"{_pair('codon', effect.protein)} of {whole}."
    )
    growth = len(alt) - len(ref)
    if growth and None not in effect.coding:
        kept = "the frame is kept" if growth % 3 == 0 else "the frame is lost"
        word = "grows" if growth > 0 else "shrinks"
        out.append(f"The coding sequence {word} by {plural(abs(growth), 'base')}: {kept}.")
    if effect.codons:
        out.append(f"Codons {effect.codons}{_amino_acids(effect.amino_acids)}.")
    return out


def _amino_acids(shown: str) -> str:
    if not shown:
        return ", no amino acids can be told"
    old, _, new = shown.partition("/")
    if not new:
        return f": {_three(old)} before and after"
    return f": {_three(old)} becomes {_three(new)}"


def _three(letters: str) -> str:
    if letters == "-":
        return "nothing"
    return "-".join(THREE_LETTER.get(x, "Xaa") for x in letters)
