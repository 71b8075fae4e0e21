"""Asks the service of this container whether it lives: the image's HEALTHCHECK."""

from __future__ import annotations

import ssl
import urllib.error
import urllib.request
from pathlib import Path

NOTE = "health-address"
"""File in the folder for running (`GAS_RUN_DIR`) with the address to ask."""
_SECONDS = 8


def healthy(note: Path) -> str:
    """Empty if the address in `note` answers 200; else why not."""
    try:
        address = note.read_text(encoding="utf-8")
    except OSError:
        return "not started yet"
    # It is asked over the loopback interface: who answers there is this container.
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    direct = urllib.request.build_opener(
        urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=context)
    )
    try:
        with direct.open(address, timeout=_SECONDS):
            return ""
    except urllib.error.HTTPError as answer:
        return f"{address} answers {answer.code}"
    except OSError as fault:
        return f"{address}: {fault}"
