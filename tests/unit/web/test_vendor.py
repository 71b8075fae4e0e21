"""The vendored libraries are what vendor.json says; pages load nothing from another host."""

import hashlib
import json
import re
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[3]
WEB = ROOT / "web"
VENDORED = (WEB / "static" / "vendor", ROOT / "tests" / "support" / "axe")
OWN_TEXT = [
    path
    for folder, pattern in (("templates", "*.html"), ("static/js", "*.js"), ("static/css", "*.css"))
    for path in sorted((WEB / folder).rglob(pattern))
]

#: What makes a browser load something: markup, style sheets, modules, fetches.
_LOADS = re.compile(
    r"""(?:\b(?:src|srcset|poster|data|action|formaction)=["']?\s*|<link\b[^>]*href=["']?
        |\burl\(\s*["']?|@import\s+["']|\bfrom\s+["']|\bimport\s*\(?\s*["']|\bfetch\(\s*["'`]
        |\bWorker\(\s*["'])(?:https?:)?//""",
    re.VERBOSE | re.IGNORECASE,
)
_VENDORED_NAME = re.compile(r"vendor/([\w.@-]+\.(?:js|css))")


def _bundles(folder: Path) -> list[dict[str, Any]]:
    bundles: list[dict[str, Any]] = json.loads((folder / "vendor.json").read_text())["bundles"]
    return bundles


@pytest.mark.parametrize("folder", VENDORED, ids=lambda folder: folder.name)
def test_the_committed_files_are_those_of_vendor_json(folder: Path) -> None:
    named = {"vendor.json"}
    for bundle in _bundles(folder):
        named.add(bundle["licences"])
        for file in bundle["files"]:
            content = (folder / file["file"]).read_bytes()
            assert hashlib.sha256(content).hexdigest() == file["sha256"], file["file"]
            named.add(file["file"])
    assert {path.name for path in folder.iterdir()} == named


@pytest.mark.parametrize("folder", VENDORED, ids=lambda folder: folder.name)
def test_every_package_is_locked_and_has_its_licence_text(folder: Path) -> None:
    locked = json.loads((WEB / "frontend" / "package-lock.json").read_text())["packages"]
    for bundle in _bundles(folder):
        texts = (folder / bundle["licences"]).read_text()
        for package in bundle["packages"]:
            lock = locked[f"node_modules/{package['name']}"]
            assert lock["version"] == package["version"], package["name"]
            assert f"{package['name']} {package['version']}\n" in texts


def test_the_lock_names_checksums_and_no_addresses() -> None:
    text = (WEB / "frontend" / "package-lock.json").read_text()
    assert '"integrity": "sha512-' in text
    assert '"resolved"' not in text


@pytest.mark.parametrize("path", OWN_TEXT, ids=lambda path: str(path.relative_to(WEB)))
def test_pages_and_scripts_load_nothing_from_another_host(path: Path) -> None:
    text = path.read_text()
    assert not _LOADS.search(text)
    for name in _VENDORED_NAME.findall(text):
        assert (VENDORED[0] / name).is_file(), f"{name} is not vendored"


@pytest.mark.parametrize(
    "line",
    [
        '<script src="https://cdn.example/x.js">',
        '<link rel="stylesheet" href="//cdn.example/x.css">',
        "@import 'https://fonts.example/css';",
        'import { a } from "https://esm.example/a";',
        "await fetch(`https://api.example/v1`);",
        "background: url(https://img.example/i.png)",
    ],
)
def test_a_load_from_another_host_would_be_noticed(line: str) -> None:
    assert _LOADS.search(line)
