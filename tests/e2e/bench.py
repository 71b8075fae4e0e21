"""The upload page's modules in a real Chromium, without a server; and files made byte by byte."""

import io
import struct
import zipfile
import zlib
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, Route, sync_playwright

from tests.e2e.browsing import ARGUMENTS, CHROMIUM

STATIC = Path(__file__).parents[2] / "web" / "static"
ORIGIN = "http://localhost"
PAGE = "<!doctype html><meta name=csrf-token content=t><input type=file>"
KINDS = {".js": "text/javascript", ".html": "text/html"}
MIB = 1024 * 1024
LIMITS = {"maxBytes": 10 * MIB, "limit": "10 MiB", "plan": "Free", "couldUpgrade": True}

NAMES = "#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO"
HEAD = f"##fileformat=VCFv4.2\n##contig=<ID=20,length=63025520>\n{NAMES}\n"
RECORD = "20\t4680251\trs1799990\tA\tG\t.\tPASS\t.\n"
GOOD = HEAD + RECORD + "20\t4680464\t.\tG\tA\t.\tPASS\t.\n"
SAMPLES = HEAD.replace("INFO\n", "INFO\tFORMAT\tANNA\tBEN\n")
END_OF_BGZF = bytes.fromhex("1f8b08040000000000ff0600424302001b0003000000000000000000")

ASK = """
async ({ bytes, name, limits }) => {
  const { inspected } = await import("/static/js/preflight/client.js");
  const data = await (await fetch(`data:application/octet-stream;base64,${bytes}`)).arrayBuffer();
  return inspected(new File([data], name), limits);
}
"""


def bgzf(data: bytes, *, block: int = 60_000, end: bool = True) -> bytes:
    """What bgzip makes of it."""
    made = b""
    for at in range(0, len(data), block):
        piece = data[at : at + block]
        packer = zlib.compressobj(6, zlib.DEFLATED, -15)
        packed = packer.compress(piece) + packer.flush()
        head = struct.pack("<4BI2BH2BHH", 31, 139, 8, 4, 0, 0, 255, 6, 66, 67, 2, len(packed) + 25)
        made += head + packed + struct.pack("<II", zlib.crc32(piece), len(piece))
    return made + (END_OF_BGZF if end else b"")


def bcf(header: str, records: list[tuple[int, int, str, str]]) -> bytes:
    """A BCF 2.2 of these records: index of the contig, 1-based position, REF, ALT."""
    text = header.encode() + b"\0"
    made = b"BCF\2\2" + struct.pack("<I", len(text)) + text
    for contig, pos, ref, alt in records:
        strings = b"".join(
            bytes([(len(each) << 4) | 7]) + each.encode() for each in (".", ref, alt)
        )
        shared = struct.pack("<iiifII", contig, pos - 1, len(ref), 0.0, 2 << 16, 0) + strings
        made += struct.pack("<II", len(shared), 0) + shared
    return bgzf(made)


def zipped(*names: str, content: str = GOOD) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in names:
            archive.writestr(name, content)
    return buffer.getvalue()


def many(count: int) -> str:
    return HEAD + "".join(f"20\t{100 + i}\t.\tA\tG\t.\tPASS\t.\n" for i in range(count))


def serve(route: Route) -> None:
    """The page's own files, as the app serves them; an empty page for the rest."""
    path = route.request.url.removeprefix(ORIGIN).split("?")[0]
    file = STATIC / path.removeprefix("/static/")
    if path.startswith("/static/") and file.is_file():
        route.fulfill(body=file.read_bytes(), content_type=KINDS.get(file.suffix, "text/plain"))
    else:
        route.fulfill(body=PAGE, content_type="text/html")


@contextmanager
def page_with_modules() -> Iterator[Page]:
    """An empty page from which the modules can be imported."""
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=list(ARGUMENTS))
        context = chromium.new_context()
        context.route("**/*", serve)
        page = context.new_page()
        page.goto(ORIGIN)
        yield page
        chromium.close()


def look(page: Page, content: bytes | str, name: str = "mine.vcf", **limits: Any) -> Any:
    data = content.encode() if isinstance(content, str) else content
    asked = {"bytes": b64encode(data).decode(), "name": name, "limits": {**LIMITS, **limits}}
    return page.evaluate(ASK, asked)


def codes(found: Any, *severities: str) -> list[str]:
    wanted = severities or ("stop", "warn", "note")
    return [each["code"] for each in found["findings"] if each["severity"] in wanted]
