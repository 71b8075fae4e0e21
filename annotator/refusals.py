"""What is told of a refused input: the engine's problem, and the line where it stands."""

import gzip
import zlib
from pathlib import Path
from typing import Any, BinaryIO

import anntools

MOST_SHOWN = 300
"""Characters of a line, and of what was found and expected."""

_MOST_READ = 512 * 1024 * 1024
"""Bytes of text that are read to come to a line; behind that, its number must do."""
_CHUNK = 1024 * 1024
_GZIP = b"\x1f\x8b"
_BCF = b"BCF"


def told(problem: anntools.Problem, source: Path) -> dict[str, Any]:
    """The fields of a `gas.jobs.Failure`."""
    return {
        "code": problem.code,
        "message": problem.message,
        "remedy": problem.remedy,
        "line": problem.line,
        "column": problem.column,
        "found": _short(problem.found),
        "expected": _short(problem.expected),
        "rule": problem.rule,
        "text": "" if problem.line is None else line_of(source, problem.line),
    }


def line_of(source: Path, number: int) -> str:
    """The beginning of a line (from 1) of a file, packed or not; empty when it cannot be had."""
    try:
        with source.open("rb") as file:
            packed = file.read(2) == _GZIP
            file.seek(0)
            if packed:
                with gzip.open(file) as text:
                    return _find(text, number)  # type: ignore[arg-type]  # it reads as a file does
            return _find(file, number)
    except (OSError, EOFError, zlib.error):
        return ""  # damaged, which may be what the engine refused


def _find(file: BinaryIO, number: int) -> str:
    before, read = 1, 0
    line = b""
    while read < _MOST_READ and (chunk := file.read(_CHUNK)):
        if not read and chunk.startswith(_BCF):
            return ""
        read += len(chunk)
        ends = chunk.count(b"\n")
        if before + ends < number:
            before += ends
            continue
        # The line begins in this chunk, or began in the one before.
        if before < number:
            chunk = chunk.split(b"\n", number - before)[number - before]
            before = number
        line += chunk.split(b"\n", 1)[0]
        if b"\n" in chunk or len(line) > 4 * MOST_SHOWN:
            break
    return _short(line.rstrip(b"\r").decode("utf-8", "replace"))


def _short(text: str) -> str:
    return text if len(text) <= MOST_SHOWN else text[: MOST_SHOWN - 1] + "…"
