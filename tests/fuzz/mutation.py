"""Mutated VCFs: bytes as AFL changes them; lines, columns and alleles as only a VCF has them."""

from __future__ import annotations

import gzip
import random
from collections.abc import Callable

from tests.engine import bgzf

TOKENS = (
    *(b"\t", b"\n", b"\r", b"\r\n", b",", b";", b"=", b":", b"\0", b"<", b">", b"[", b"]", b"#"),
    *(b"-1", b"0", b"1", b"2147483647", b"2147483648", b"9" * 30, b"\xff", b"\xc3\xa9", b"%3B"),
    *(b"A" * 5000, b"ACGT" * 300, b"", b".", b"*", b"<DEL>", b"<NON_REF>", b"N[20:5[", b"]X:9]A"),
    *(b"END=1", b"SVLEN=-99999999999", b"CSQ=", b"ANN=|||", b"GT\t0/1", b"##", b"##INFO=<ID=CSQ"),
)
_POSITIONS = (b"0", b"1", b"2", b"63025519", b"63025520", b"63025521", b"4294967296", b"-5", b"")
_BASES = b"ACGTNacgtnRY*.<>[]:,"

Mutation = Callable[[bytearray, random.Random], None]


def mutate(data: bytes, rng: random.Random) -> bytes:
    """A few changes at random places."""
    out = bytearray(data)
    for _ in range(1 << rng.randrange(5)):
        rng.choice(_MUTATIONS)(out, rng)
    return bytes(out)


def packed(data: bytes, rng: random.Random) -> bytes:
    """Sometimes compressed, and sometimes that is mutated as well."""
    way = rng.randrange(8)
    if way > 3:
        return data
    out = gzip.compress(data, 1, mtime=0) if way < 2 else bgzf.compress(data) + bgzf.EOF
    return mutate(out, rng) if way % 2 else out


def splice(one: bytes, other: bytes, rng: random.Random) -> bytes:
    """The begin of one input and the end of another, cut at line ends."""
    a, b = one.split(b"\n"), other.split(b"\n")
    return b"\n".join(a[: rng.randrange(len(a) + 1)] + b[rng.randrange(len(b)) :])


def _insert(out: bytearray, rng: random.Random) -> None:
    at = rng.randrange(len(out) + 1)
    out[at:at] = rng.choice(TOKENS)


def _delete(out: bytearray, rng: random.Random) -> None:
    at = rng.randrange(len(out) + 1)
    del out[at : at + rng.choice((1, 1, 3, 50, 2000))]


def _flip(out: bytearray, rng: random.Random) -> None:
    if out:
        out[rng.randrange(len(out))] ^= 1 << rng.randrange(8)


def _set(out: bytearray, rng: random.Random) -> None:
    if out:
        out[rng.randrange(len(out))] = rng.randrange(256)


def _repeat(out: bytearray, rng: random.Random) -> None:
    at, other = rng.randrange(len(out) + 1), rng.randrange(len(out) + 1)
    out[at:at] = out[other : other + rng.choice((10, 200, 3000))]


def _cut(out: bytearray, rng: random.Random) -> None:
    if rng.random() < 0.2:
        del out[max(1, rng.randrange(len(out) + 1)) :]


def _column(out: bytearray, rng: random.Random) -> None:
    """Change a column of a record: place, alleles, or any."""
    lines = out.split(b"\n")
    i = rng.randrange(len(lines))
    columns = lines[i].split(b"\t")
    if len(columns) < 5:
        return
    which = rng.choice((1, 3, 4, 4, rng.randrange(len(columns))))
    if which == 1:
        columns[1] = bytearray(rng.choice(_POSITIONS))
    elif which in (3, 4):
        columns[which] = bytearray(rng.choice(_BASES) for _ in range(rng.choice((0, 1, 2, 5, 60))))
    else:
        columns[which] = bytearray(rng.choice(TOKENS))
    lines[i] = bytearray(b"\t").join(columns)
    out[:] = b"\n".join(lines)


def _shift(out: bytearray, rng: random.Random) -> None:
    """Move a record by some bases, so that it meets other parts of a transcript."""
    lines = out.split(b"\n")
    i = rng.randrange(len(lines))
    columns = lines[i].split(b"\t")
    if len(columns) > 4 and columns[1].isdigit() and len(columns[1]) < 12:
        columns[1] = bytearray(b"%d" % max(0, int(columns[1]) + rng.randrange(-40, 41)))
        columns[3] = bytearray(b"N" * rng.choice((1, 1, 2, 30, 500)))
        lines[i] = bytearray(b"\t").join(columns)
        out[:] = b"\n".join(lines)


def _swap_lines(out: bytearray, rng: random.Random) -> None:
    lines = out.split(b"\n")
    i, j = rng.randrange(len(lines)), rng.randrange(len(lines))
    lines[i], lines[j] = lines[j], lines[i]
    out[:] = b"\n".join(lines)


_MUTATIONS: tuple[Mutation, ...] = (
    *(_insert, _delete, _flip, _set, _repeat, _cut, _swap_lines),
    *(_column, _column, _column, _shift, _shift, _shift),
)
