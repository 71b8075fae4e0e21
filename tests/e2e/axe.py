"""What axe-core finds on a page, under the page's own policy."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from playwright.sync_api import Page

_FOLDER = Path(__file__).parents[1] / "support" / "axe"

GRAVE = frozenset({"serious", "critical"})


@dataclass(frozen=True)
class Violation:
    """A rule that is broken, and where."""

    impact: str
    """minor, moderate, serious or critical."""
    rule: str
    help: str
    places: Sequence[str]

    def __str__(self) -> str:
        return f"{self.impact}: {self.rule} ({self.help}): {'; '.join(self.places)}"


@cache
def _source() -> str:
    [script] = _FOLDER.glob("axe-*.js")
    return script.read_text()


def violations(page: Page) -> Sequence[Violation]:
    """Everything axe finds (WCAG 2.0 to 2.2, A and AA, and its best practices).

    The source is evaluated by the browser's debugger: no script is added to the page, so its
    Content-Security-Policy stays in force.
    """
    page.evaluate(_source())
    found: dict[str, Any] = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    return [
        Violation(
            impact=each["impact"] or "minor",
            rule=each["id"],
            help=each["help"],
            places=[f"{node['target']} {node['failureSummary']}" for node in each["nodes"]],
        )
        for each in found["violations"]
    ]
