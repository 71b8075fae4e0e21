"""Static files: kept for ever under their release's address, asked about under any other."""

import gzip
import re
from pathlib import Path

import pytest

from tests.unit.web.conftest import World
from web.assets import ASK_AGAIN, FOR_EVER, Assets, files_of_the_pages

RELEASE = Assets(files_of_the_pages()).release


def test_pages_name_the_release_and_what_they_name_is_there(world: World) -> None:
    page = world.client().get("/").text
    addresses = re.findall(r'(?:href|src)="(/static/[^"]+)"', page)
    assert len(addresses) > 5
    for address in addresses:
        assert address.startswith(f"/static/{RELEASE}/"), address
        answer = world.client().get(address)
        assert (answer.status_code, answer.headers["Cache-Control"]) == (200, FOR_EVER), address


@pytest.mark.parametrize(
    "address", ["/static/js/theme.js", "/static/0123456789ab/js/theme.js", "/static/css/gas.css"]
)
def test_another_address_gives_the_present_file_and_is_asked_about_again(
    world: World, address: str
) -> None:
    answer = world.client().get(address)
    assert (answer.status_code, answer.headers["Cache-Control"]) == (200, ASK_AGAIN)
    again = world.client().get(address, headers={"If-None-Match": answer.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")


def test_text_travels_compressed_where_the_browser_can_read_that(world: World) -> None:
    address = f"/static/{RELEASE}/css/tokens.css"
    plain = world.client().get(address)
    zipped = world.client().get(address, headers={"Accept-Encoding": "gzip, br"})
    assert "Content-Encoding" not in plain.headers
    assert zipped.headers["Content-Encoding"] == "gzip"
    assert zipped.headers["Vary"] == "Accept-Encoding"
    assert zipped.headers["ETag"] != plain.headers["ETag"]
    assert gzip.decompress(zipped.data) == plain.data
    assert len(zipped.data) < len(plain.data) / 2


@pytest.mark.parametrize(
    "name", ["js/none.js", "../app.py", "%2e%2e/app.py", "..%2f..%2fpyproject.toml", "js"]
)
def test_nothing_else_is_served(world: World, name: str) -> None:
    assert world.client().get(f"/static/{RELEASE}/{name}").status_code == 404


def test_a_changed_file_is_another_release(tmp_path: Path) -> None:
    file = tmp_path / "a.js"
    file.write_text("1")
    before = Assets({"a.js": file}).release
    file.write_text("2")
    assert Assets({"a.js": file}).release != before
    assert Assets({"b.js": file}).release != Assets({"a.js": file}).release


@pytest.mark.parametrize(
    "module", [p for p in files_of_the_pages() if re.fullmatch(r"js/.+\.js", p)]
)
def test_every_import_leads_to_a_file(module: str) -> None:
    assets = Assets(files_of_the_pages())
    assert all(assets.find(name) for name in assets.imports_of(module))


def test_imports_are_followed_once_and_lazy_ones_are_left(tmp_path: Path) -> None:
    texts = {
        "js/page.js": 'import { a } from "./a.js";\nimport "../vendor/v.js";\nimport("./lazy.js");',
        "js/a.js": "import {\n  b,\n} from './b/b.js';\nexport { c } from \"./page.js\";",
        "js/b/b.js": 'import { a } from "../a.js";',
        "vendor/v.js": "let a;",
    }
    paths = {}
    for name, text in texts.items():
        paths[name] = tmp_path / name.replace("/", "-")
        paths[name].write_text(text)
    assert list(Assets(paths).imports_of("js/page.js")) == ["js/a.js", "vendor/v.js", "js/b/b.js"]


def test_a_page_tells_all_modules_at_once(world: World) -> None:
    page = world.client().get("/status").text
    preloaded = re.findall(r'rel="modulepreload" href="([^"]+)"', page)
    assert any(address.endswith("/js/times.js") for address in preloaded)
