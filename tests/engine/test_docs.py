"""What the documents of the engine show is what happens."""

from __future__ import annotations

import doctest
from pathlib import Path

import pytest

from anntools.cli import COMMANDS
from tests.engine.conftest import ROOT

DOCS = ROOT / "docs" / "engine"


@pytest.mark.parametrize("name", ["table.md", "cli.md", "sites.md"])
def test_examples_run(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    text = (DOCS / name).read_text(encoding="utf-8")
    test = doctest.DocTestParser().get_doctest(text, {"folder": tmp_path}, name, name, 0)
    assert test.examples or name == "cli.md"
    result = doctest.DocTestRunner().run(test)
    assert result.failed == 0


def test_every_command_is_told() -> None:
    text = (DOCS / "cli.md").read_text(encoding="utf-8")
    for command in COMMANDS:
        assert f"`anntools {command}" in text, command
