"""The files of the pages (styles, scripts, pictures, vendored libraries): served for ever, or anew.

Every address carries a digest of all of them, `/static/DIGEST/js/job.js`, so that a browser may
keep what it has without asking, and modules that import each other by relative addresses never
mix two releases. An address without the digest, or with another release's, gives the present file
and must be asked about again.
"""

import gzip
import hashlib
import mimetypes
import posixpath
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from threading import Lock

import flask_bootstrap
from flask import Flask, Response, request
from werkzeug.exceptions import NotFound

FOR_EVER = "public, max-age=31536000, immutable"
ASK_AGAIN = "no-cache"

_STATIC = Path(__file__).parent / "static"
_BOOTSTRAP = Path(flask_bootstrap.__file__).parent / "static" / "bootstrap5"

_TYPES = {".js": "text/javascript", ".mjs": "text/javascript", ".map": "application/json"}
_COMPRESSIBLE = ("text/", "application/json", "image/svg+xml", "application/wasm")
_SMALLEST_TO_COMPRESS = 512
_IMPORT = re.compile(r"""(?:^|[;}\s])(?:from|import)\s*["'](\.{1,2}/[^"']+)["']""")


@dataclass(frozen=True)
class Asset:
    """One file: its bytes as they are on the disk, and how they are announced."""

    content: bytes
    media_type: str

    @cached_property
    def digest(self) -> str:
        """Of the content; the ETag."""
        return hashlib.sha256(self.content).hexdigest()[:24]

    @cached_property
    def compressed(self) -> bytes | None:
        """The content as gzip, or nothing where that does not pay."""
        if len(self.content) < _SMALLEST_TO_COMPRESS:
            return None
        if not self.media_type.startswith(_COMPRESSIBLE):
            return None
        return gzip.compress(self.content, compresslevel=9, mtime=0)


class Assets:
    """Files by name, read when first asked for and kept (they are a few MB)."""

    def __init__(self, paths: Mapping[str, Path]) -> None:
        """`paths`: where each file is, by its name in addresses (`js/job.js`)."""
        self._paths = dict(paths)
        self._known: dict[str, Asset] = {}
        self._lock = Lock()

    @cached_property
    def release(self) -> str:
        """A digest of the names and contents of all files."""
        digest = hashlib.sha256()
        for name in sorted(self._paths):
            digest.update(f"{name}\0{self._paths[name].stat().st_size}\0".encode())
            digest.update(self._paths[name].read_bytes())
        return digest.hexdigest()[:12]

    def find(self, name: str) -> Asset | None:
        """The file of this name, none if there is none; never a file that was not named."""
        path = self._paths.get(name)
        if path is None:
            return None
        with self._lock:
            if name not in self._known:
                guessed = mimetypes.guess_type(name)[0] or "application/octet-stream"
                media_type = _TYPES.get(path.suffix, guessed)
                self._known[name] = Asset(path.read_bytes(), media_type)
            return self._known[name]

    def imports_of(self, name: str) -> Sequence[str]:
        """The modules that a module imports, and theirs, nearest first; without those it asks for
        only when it needs them (`import()`)."""
        found: dict[str, None] = {}
        waiting = [name]
        while waiting:
            module = waiting.pop(0)
            asset = self.find(module)
            if asset is None:
                raise LookupError(f"{module} is imported but not there")
            for address in _IMPORT.findall(asset.content.decode()):
                imported = posixpath.normpath(posixpath.join(posixpath.dirname(module), address))
                if imported not in found and imported != name:
                    found[imported] = None
                    waiting.append(imported)
        return list(found)


def files_of_the_pages() -> Mapping[str, Path]:
    """Everything below `web/static`, and Bootstrap's style sheet from Bootstrap-Flask."""
    own = {p.relative_to(_STATIC).as_posix(): p for p in _STATIC.rglob("*") if p.is_file()}
    return {**own, "bootstrap/bootstrap.min.css": _BOOTSTRAP / "css" / "bootstrap.min.css"}


def install(app: Flask, assets: Assets) -> None:
    """Serve the files at `/static/…` and let `url_for('static', filename=…)` name the release."""

    def serve(filename: str, release: str = "") -> Response:
        asset = None
        if release != assets.release:  # perhaps the first folder of an address without a digest
            asset = assets.find(f"{release}/{filename}".lstrip("/"))
        asset = asset or assets.find(filename)
        if asset is None:
            raise NotFound
        return _answer(asset, FOR_EVER if release == assets.release else ASK_AGAIN)

    app.add_url_rule("/static/<path:filename>", "static", serve)
    app.add_url_rule("/static/<release>/<path:filename>", "static", serve)

    app.add_template_global(cache(assets.imports_of), "imports_of")

    @app.url_defaults
    def name_the_release(endpoint: str, values: dict[str, object]) -> None:
        if endpoint == "static":
            values.setdefault("release", assets.release)


def _answer(asset: Asset, caching: str) -> Response:
    zipped = asset.compressed if request.accept_encodings["gzip"] > 0 else None
    answer = Response(asset.content if zipped is None else zipped)
    if asset.media_type.startswith("text/"):
        answer.headers["Content-Type"] = f"{asset.media_type}; charset=utf-8"
    else:
        answer.headers["Content-Type"] = asset.media_type
    answer.headers["Cache-Control"] = caching
    answer.set_etag(asset.digest if zipped is None else f"{asset.digest}-gz")
    if zipped is not None:
        answer.headers["Content-Encoding"] = "gzip"
    answer.vary.add("Accept-Encoding")
    answer.make_conditional(request)
    return answer
