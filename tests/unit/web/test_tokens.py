"""The colours of the design can be read: WCAG 2 contrast, in light and in dark."""

import re
from pathlib import Path

import pytest

CSS = Path(__file__).parents[3] / "web" / "static" / "css"
_TOKENS = (CSS / "tokens.css").read_text()
_COLOUR = re.compile(r"--(gas-[\w-]+):\s*(#[0-9a-f]{6});")


def _theme(name: str) -> dict[str, str]:
    block = re.search(rf'\[data-bs-theme="{name}"\] \{{\s+color-scheme.*?\n\}}', _TOKENS, re.DOTALL)
    assert block is not None
    return dict(_COLOUR.findall(block.group()))


THEMES = {name: _theme(name) for name in ("light", "dark")}


def _luminance(colour: str) -> float:
    """Relative luminance (WCAG 2.2) of `#rrggbb`."""
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    """Contrast ratio (WCAG 2.2), 1 to 21."""
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


_GROUNDS = ("bg", "surface", "raised", "sunken", "hover")
_MEANINGS = ("good", "bad", "busy", "wait", "cold", "still")
_CLASSES = (
    "pathogenic",
    "likely-pathogenic",
    "uncertain",
    "conflicting",
    "likely-benign",
    "benign",
    "other-class",
)
_IMPACTS = ("high", "moderate", "low", "modifier")

#: What is read, on what it is read.
TEXT = (
    *((text, ground) for text in ("text", "muted", "accent") for ground in _GROUNDS),
    *((name, f"{name}-soft") for name in (*_MEANINGS, *_CLASSES)),
    *(("text", f"{name}-soft") for name in _MEANINGS),
    *(("muted", f"{name}-soft") for name in _MEANINGS),
    *((name, ground) for name in _MEANINGS for ground in ("bg", "surface")),
    *((f"{name}-text", f"{name}-soft") for name in _IMPACTS),
    *((f"{name}-text", "surface") for name in _IMPACTS),
    ("accent-strong", "accent-soft"),
    ("text", "accent-soft"),
    ("muted", "accent-soft"),
    ("on-accent", "accent"),
    ("on-accent", "accent-strong"),
    *((f"base-{base}", "surface") for base in "acgt"),
)
#: What is seen but not read: marks, areas, outlines of fields, the ring around what has focus.
MARKS = (
    *((name, "surface") for name in ("high", "low", "moderate")),
    *(("line-strong", ground) for ground in ("surface", "bg")),
    *(("focus", ground) for ground in _GROUNDS),
)


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize(("front", "ground"), TEXT)
def test_text_has_a_contrast_of_4_5(theme: str, front: str, ground: str) -> None:
    colours = THEMES[theme]
    assert contrast(colours[f"gas-{front}"], colours[f"gas-{ground}"]) >= 4.5


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize(("front", "ground"), MARKS)
def test_marks_have_a_contrast_of_3(theme: str, front: str, ground: str) -> None:
    colours = THEMES[theme]
    assert contrast(colours[f"gas-{front}"], colours[f"gas-{ground}"]) >= 3


def test_light_and_dark_name_the_same_colours() -> None:
    assert THEMES["light"].keys() == THEMES["dark"].keys()


def test_every_token_that_a_style_sheet_uses_exists() -> None:
    known = set(re.findall(r"(--gas-[\w-]+):", _TOKENS))
    for sheet in CSS.glob("*.css"):
        own = set(re.findall(r"(--gas-[\w-]+):", sheet.read_text()))
        assert set(re.findall(r"var\((--gas-[\w-]+)", sheet.read_text())) <= known | own, sheet.name


#: Paper is white in every theme; igv.js and Swagger UI paint on a white ground of their own.
_OTHERS_GROUND = {"gas.css": "@media print", "plots.css": "@media print"}
_FOREIGN = re.compile(r"^\.(?:igv|swagger-ui)\b.*$", re.MULTILINE)


@pytest.mark.parametrize(
    "sheet", sorted(set(CSS.glob("*.css")) - {CSS / "tokens.css"}), ids=lambda path: path.name
)
def test_no_other_style_sheet_names_a_colour(sheet: Path) -> None:
    text = _FOREIGN.sub("", sheet.read_text())
    screen = text.split(_OTHERS_GROUND.get(sheet.name, "\0"))[0]
    assert re.findall(r"#[0-9a-fA-F]{3,8}\b|\brgba?\(|\bhsla?\(", screen) == []
