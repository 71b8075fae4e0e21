"""Kernels for a level of processors instead of for this machine's own."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from anntools import compiled, processor


@pytest.fixture(autouse=True)
def forgotten() -> Iterator[None]:
    """What was found out about this machine is found out anew, before and after."""
    processor.level.cache_clear()
    compiled.object_file.cache_clear()
    yield
    processor.level.cache_clear()
    compiled.object_file.cache_clear()


@pytest.mark.parametrize(
    ("named", "has", "level"),  # sorted: tests that run beside each other must have one name
    [
        ("", "avx2", ""),
        ("x86-64-v2", " ".join(sorted(processor.LEVELS["x86-64-v2"])), "x86-64-v2"),
        ("x86-64-v3", " ".join(sorted(processor.LEVELS["x86-64-v3"])) + " avx512f", "x86-64-v3"),
        # an older machine, or one that a hypervisor makes look older: its own
        ("x86-64-v3", " ".join(sorted(processor.LEVELS["x86-64-v3"] - {"avx2"})), ""),
        ("x86-64-v3", "", ""),
    ],
)
def test_level(named: str, has: str, level: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANNTOOLS_CPU", named)
    monkeypatch.setattr(processor, "described", lambda: ["model name\t: any", f"flags\t\t: {has}"])
    assert processor.level() == level


def test_unknown_level(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANNTOOLS_CPU", "x86-64-v9")
    with pytest.raises(processor.UnknownLevel, match="x86-64-v3"):
        processor.level()


def test_code_of_a_level_fits_every_machine_that_reaches_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("ANNTOOLS_CACHE", str(tmp_path))
    files = set()
    for level, name in [("", "this"), ("", "that"), ("x86-64-v2", "this"), ("x86-64-v2", "that")]:
        monkeypatch.setenv("ANNTOOLS_CPU", level)
        flags = " ".join(sorted(processor.LEVELS["x86-64-v2"]))
        lines = [f"model name\t: {name}", f"flags\t\t: {flags}"]
        monkeypatch.setattr(processor, "described", lambda lines=lines: lines)
        processor.level.cache_clear()
        compiled.object_file.cache_clear()
        files.add(compiled.object_file())
    assert len(files) == 3


def test_the_first_folder_that_holds_the_code_counts(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    sealed, open_ = tmp_path / "file", tmp_path / "open"
    sealed.write_text("no folder can be made below this")
    monkeypatch.setenv("ANNTOOLS_CACHE", f"{sealed}:{open_}")
    assert compiled.object_file().is_relative_to(open_)
