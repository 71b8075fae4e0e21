"""``python -m local.mailbox``: run the mailbox."""

from __future__ import annotations

import argparse
from pathlib import Path

import httpx

from local.addresses import Addresses
from local.mailbox.app import create_app
from local.mailbox.source import MailSource
from local.paths import DEFAULT_DATA
from local.serving import serve


def main() -> None:
    defaults = Addresses()
    parser = argparse.ArgumentParser(prog="python -m local.mailbox", description=__doc__)
    parser.add_argument("--port", type=int, default=defaults.mailbox)
    parser.add_argument("--cloud", default=defaults.url("cloud"), help="the embedded cloud")
    parser.add_argument("--token-file", type=Path, default=DEFAULT_DATA / "cloud" / "mail-token")
    options = parser.parse_args()
    client = httpx.AsyncClient(base_url=options.cloud, timeout=10, trust_env=False)
    serve(create_app(MailSource(client, options.token_file)), options.port)


if __name__ == "__main__":
    main()
