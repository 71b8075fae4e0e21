"""``python -m local.globus``: run the Globus stand-in.

The client is given by the environment: GAS_GLOBUS_CLIENT_ID and GAS_GLOBUS_CLIENT_SECRET.
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from local.addresses import Addresses
from local.errors import LocalError
from local.globus.app import create_app
from local.globus.protocol import Client, Provider
from local.globus.signing import Signer
from local.globus.store import Store
from local.paths import DEFAULT_DATA
from local.serving import serve


def make_provider(data: Path, issuer: str, client: Client) -> Provider:
    """The provider whose memory and key are in a folder."""
    data.mkdir(parents=True, exist_ok=True)
    return Provider(issuer, client, Store(data / "globus.sqlite"), Signer(data / "signing-key.pem"))


def main() -> int:
    defaults = Addresses()
    parser = argparse.ArgumentParser(prog="python -m local.globus", description=__doc__)
    parser.add_argument("--data", type=Path, default=DEFAULT_DATA / "globus")
    parser.add_argument("--port", type=int, default=defaults.globus)
    parser.add_argument(
        "--redirect-uri", action="append", required=True, help="registered address; repeatable"
    )
    options = parser.parse_args()
    try:
        client = Client(
            os.environ["GAS_GLOBUS_CLIENT_ID"],
            os.environ["GAS_GLOBUS_CLIENT_SECRET"],
            tuple(options.redirect_uri),
        )
    except KeyError as fault:
        print(f"{fault.args[0]} is not set.", file=sys.stderr)
        return 2
    try:
        provider = make_provider(options.data, f"http://127.0.0.1:{options.port}", client)
        serve(create_app(provider), options.port)
    except LocalError as fault:
        print(fault, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
