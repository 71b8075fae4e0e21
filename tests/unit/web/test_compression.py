"""Pages and JSON travel compressed, and their length does not tell what is in them."""

import gzip

from flask.testing import FlaskClient

GZIP = {"Accept-Encoding": "gzip"}


def test_a_page_is_compressed(client: FlaskClient) -> None:
    answer = client.get("/", headers=GZIP)
    assert answer.headers["Content-Encoding"] == "gzip"
    assert "Accept-Encoding" in answer.headers["Vary"]
    assert int(answer.headers["Content-Length"]) == len(answer.data)
    assert b"</html>" in gzip.decompress(answer.data)


def test_its_length_varies(client: FlaskClient) -> None:
    lengths = {len(client.get("/", headers=GZIP).data) for _ in range(12)}
    assert len(lengths) > 3


def test_who_does_not_ask_gets_it_plain(client: FlaskClient) -> None:
    answer = client.get("/")
    assert "Content-Encoding" not in answer.headers
    assert "</html>" in answer.text


def test_tiny_answers_and_files_stay_as_they_are(client: FlaskClient) -> None:
    assert "Content-Encoding" not in client.get("/healthz", headers=GZIP).headers
