"""A file from a web address, on the whole product: its server moves it, and breaks off once."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
import smoke

from tests.e2e.conftest import Product
from tests.e2e.person import Person
from tests.support.waiting import wait_until

CONTENT = smoke.BUILT_IN.encode()


class Files:
    """A web server: `/moved` leads to the file, which the first answer gives only half of."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        files = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                files.asked.append(self.path)
                if self.path == "/moved":
                    self.send_response(302)
                    self.send_header("Location", "/trio.vcf?signature=secret")
                    self.end_headers()
                    return
                self.send_response(200)
                self.send_header("Content-Length", str(len(CONTENT)))
                self.end_headers()
                first = len(files.asked) <= 2
                self.wfile.write(CONTENT[: len(CONTENT) // 2] if first else CONTENT)

            def log_message(self, format: str, *args: Any) -> None:
                """Quiet."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}/moved"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def files() -> Iterator[Files]:
    made = Files()
    yield made
    made.close()


@pytest.mark.slow
def test_a_file_from_a_web_address_becomes_a_job(product: Product, files: Files) -> None:
    with Person(product.web) as person:
        form = next(
            each
            for each in smoke.Page(person.client.get(f"{product.web}/annotate/imports")).forms
            if each.action.endswith("/annotate/imports")
        )
        sent = person.client.post(
            form.action,
            data={
                **{name: form.fields[name] for name in ("csrf_token", "request")},
                "url": files.url,
                "file_name": "trio.vcf",
            },
            headers={"Referer": f"{product.web}/annotate/imports"},
        )
        sent.raise_for_status()
        job_id = str(sent.url).rsplit("/", 1)[-1]

        def made() -> bool:
            page = person.client.get(f"{product.web}/annotate/imports/{job_id}")
            assert "could not be fetched" not in page.text
            return "/annotations/" in str(page.url)

        wait_until(made, seconds=120)
        job = person.finished(job_id, seconds=120)
        assert job["input_file_name"] == "trio.vcf"
        assert len(files.asked) >= 4, "it was asked again after it broke off"
