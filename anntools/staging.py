"""Results under temporary names, until all of them are there."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from types import TracebackType


class Staging:
    """Gives every target a part file beside it. ``publish`` moves all; else all are removed."""

    def __init__(self) -> None:
        self._parts: dict[Path, Path] = {}

    def part(self, target: Path) -> Path:
        """Where to write what is going to be ``target``; its folder is made if need be."""
        if target not in self._parts:
            target.parent.mkdir(parents=True, exist_ok=True)
            self._parts[target] = target.with_name(f"{target.name}.{os.getpid()}.part")
        return self._parts[target]

    def publish(self) -> None:
        """Give all files that were written their names."""
        for target, part in self._parts.items():
            if part.exists():
                part.replace(target)

    def __enter__(self) -> Staging:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for part in self._parts.values():
            with suppress(FileNotFoundError):
                part.unlink()
