"""Pages and JSON travel compressed, and their length does not tell what is in them."""

import gzip

from tests.unit.web.conftest import World

GZIP = {"Accept-Encoding": "gzip"}


def test_a_page_is_compressed(world: World) -> None:
    answer = world.client().get("/", headers=GZIP)
    assert answer.headers["Content-Encoding"] == "gzip"
    assert "Accept-Encoding" in answer.headers["Vary"]
    assert int(answer.headers["Content-Length"]) == len(answer.data)
    assert b"</html>" in gzip.decompress(answer.data)


def test_its_length_varies(world: World) -> None:
    lengths = {len(world.client().get("/", headers=GZIP).data) for _ in range(12)}
    assert len(lengths) > 3


def test_who_does_not_ask_gets_it_plain(world: World) -> None:
    answer = world.client().get("/")
    assert "Content-Encoding" not in answer.headers
    assert "</html>" in answer.text


def test_tiny_answers_and_files_stay_as_they_are(world: World) -> None:
    assert "Content-Encoding" not in world.client().get("/healthz", headers=GZIP).headers
