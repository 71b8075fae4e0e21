"""How values are said to a person: times, sizes, counts. Template filters."""

from datetime import UTC, datetime

from flask import Flask
from markupsafe import Markup

from gas.plans import GIB, MIB, TIB
from web.plots.drawing import draw
from web.plots.terms import words

KIB = 1024


def iso(seconds: int) -> str:
    """`2026-11-21T04:45:47Z`."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def utc(seconds: int) -> str:
    """`21 Nov 2026, 04:45 UTC`; scripts show it in the reader's own zone, about as wide."""
    moment = datetime.fromtimestamp(seconds, UTC)
    return f"{moment.day} {moment.strftime('%b %Y, %H:%M')} UTC"


def size(n_bytes: int) -> str:
    """`950 bytes`, `12.4 KiB`, `10 MiB`, `5 GiB`, `5 TiB`."""
    for unit, name in ((TIB, "TiB"), (GIB, "GiB"), (MIB, "MiB"), (KIB, "KiB")):
        if n_bytes >= unit:
            number = n_bytes / unit
            return (
                f"{number:,.0f} {name}"
                if number >= 100
                else f"{number:,.1f} {name}".replace(".0 ", " ")
            )
    return "1 byte" if n_bytes == 1 else f"{n_bytes:,} bytes"


def count(number: int) -> str:
    """`24,990`."""
    return f"{number:,}"


def duration(seconds: int) -> str:
    """`less than a second`, `12 s`, `3 min 5 s`, `2 h 4 min`."""
    if seconds < 1:
        return "less than a second"
    if seconds < 60:
        return f"{seconds} s"
    minutes, rest = divmod(seconds, 60)
    if minutes < 60:
        return f"{minutes} min {rest} s" if rest else f"{minutes} min"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if minutes else f"{hours} h"


def reason(slug: str) -> str:
    """A reason's slug in words: `unknown_contig` → `unknown contig`."""
    return slug.replace("_", " ")


def code(text: str) -> Markup:
    """Text in which words between backquotes are code."""
    return Markup("").join(
        Markup("<code>{}</code>").format(part) if n % 2 else part
        for n, part in enumerate(text.split("`"))
    )


def install(app: Flask) -> None:
    """Make the filters known to the templates."""
    for function in (iso, utc, size, count, duration, reason, code):
        app.add_template_filter(function, function.__name__)
    app.add_template_filter(draw, "drawn")
    app.add_template_filter(words, "term")
