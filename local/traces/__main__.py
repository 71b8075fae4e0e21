"""``python -m local.traces``: run the collector."""

from __future__ import annotations

import argparse
from pathlib import Path

from local.addresses import Addresses
from local.paths import DEFAULT_DATA
from local.serving import serve
from local.traces.app import create_app
from local.traces.store import SpanStore


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m local.traces", description=__doc__)
    parser.add_argument("--port", type=int, default=Addresses().traces)
    parser.add_argument("--data", type=Path, default=DEFAULT_DATA / "traces")
    options = parser.parse_args()
    options.data.mkdir(parents=True, exist_ok=True)
    store = SpanStore(options.data / "spans.sqlite")
    try:
        serve(create_app(store), options.port)
    finally:
        store.close()


if __name__ == "__main__":
    main()
