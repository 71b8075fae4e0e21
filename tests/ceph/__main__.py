"""`make prove-ceph`: start a node of Ceph, prove everything on it, stop it.

    python -m tests.ceph [--data DIR] [--quick] [--keep]

Exit code 0 if every proof held, 1 if one did not, 3 where Debian 12's packages cannot be had.
"""

import argparse
import base64
import os
import secrets
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from botocore.exceptions import BotoCoreError, ClientError
from smoke_checks import SmokeFailed

from tests.ceph import clients, product, proofs
from tests.ceph.node import CephNode, NodeFailed
from tests.ceph.packages import Unavailable, fetch
from tests.ceph.proofs import Gateway

CACHE = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "gas-ceph-16.2"
FAULTS = (AssertionError, BotoCoreError, ClientError, SmokeFailed, OSError, NodeFailed)
READER = "clinician"


def say(line: str = "") -> None:
    """Print a line at once, also into a pipe."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


class Ledger:
    """Prints what was proven, and counts what was not."""

    def __init__(self) -> None:
        self.failed = 0

    def prove(self, name: str, proof: Callable[[], str]) -> None:
        """Run a proof and print a line."""
        begun = time.monotonic()
        try:
            word, note = "ok  ", proof()
        except FAULTS as fault:
            self.failed += 1
            word, note = "FAIL", f"{type(fault).__name__}: {fault}"
        say(f"{word} {time.monotonic() - begun:7.1f} s  {name}: {note}")


def prove(node: CephNode, gateway: Gateway, ledger: Ledger, *, quick: bool) -> None:
    """All proofs, from small to large; the last with another setting of the gateway."""
    user = Gateway(node.url, *node.add_user(READER))
    for proof in (
        proofs.signed_posts,
        proofs.reading,
        proofs.tags_and_metadata,
        proofs.object_lock,
        proofs.conditions,
        proofs.fence,
        proofs.cold_class,
    ):
        ledger.prove(proof.__name__, lambda proof=proof: proof(gateway))  # type: ignore[misc]
    ledger.prove("limited_user", lambda: proofs.limited_user(gateway, user, READER))
    ledger.prove("s3cmd", lambda: clients.s3cmd(node.programs, user))
    ledger.prove("rclone", lambda: clients.rclone(node.programs, user))
    if not quick:
        prove_product(node, gateway, ledger)
    key = base64.b64encode(secrets.token_bytes(32)).decode()
    node.restart_gateway(f"rgw crypt default encryption key = {key}\n")
    ledger.prove("encryption_by_default", lambda: proofs.encryption_by_default(gateway))


def prove_product(node: CephNode, gateway: Gateway, ledger: Ledger) -> None:
    """The contracts of our stores, and the whole product."""
    environment = {**os.environ, **product.settings(gateway)}
    ledger.prove("contracts", lambda: product.contracts(environment))
    with product.running(node.data / "gas", environment) as installation:
        ledger.prove("main_job", lambda: product.main_job(installation))
        ledger.prove("lost_browser", lambda: product.lost_browser(installation))
        ledger.prove("archive_and_back", lambda: product.archive_and_back(installation))


def keep(node: CephNode, gateway: Gateway) -> None:
    """Leave the node running until Ctrl-C, with a file for `make run S3=…`."""
    file = node.data / "store.env"
    lines = [f"{name}={value}\n" for name, value in product.settings(gateway).items()]
    file.write_text("".join(lines), encoding="utf-8")
    say(f"Ceph answers at {gateway.url}. In another terminal: make run S3={file}")
    try:
        while True:
            time.sleep(3600)
    except KeyboardInterrupt:
        say()


def main() -> int:
    """The command line; the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.ceph", description=__doc__)
    parser.add_argument("--data", type=Path, help="a new folder for the node (default: temporary)")
    parser.add_argument("--quick", action="store_true", help="only the gateway, not the product")
    parser.add_argument("--keep", action="store_true", help="prove nothing, leave the node running")
    options = parser.parse_args()
    data = options.data or Path(tempfile.mkdtemp(prefix="gas-ceph-"))
    ledger = Ledger()
    try:
        programs = fetch(CACHE)
        node = CephNode(programs, data.resolve())
        begun = time.monotonic()
        try:
            node.start()
            seconds, mib = time.monotonic() - begun, node.memory() >> 20
            say(f"Ceph runs: {seconds:.1f} s, {mib} MiB")
            gateway = Gateway(node.url, *node.add_user("gas"))
            if options.keep:
                keep(node, gateway)
            else:
                prove(node, gateway, ledger, quick=options.quick)
        finally:
            node.stop()
    except Unavailable as fault:
        say(f"Nothing proven: {fault}")
        return 3
    except (NodeFailed, subprocess.TimeoutExpired) as fault:
        say(f"Nothing more proven: {fault}")
        return 1
    if not ledger.failed and options.data is None:
        shutil.rmtree(data, ignore_errors=True)
    say("Everything held." if not ledger.failed else f"{ledger.failed} proofs did not hold.")
    return min(ledger.failed, 1)


if __name__ == "__main__":
    sys.exit(main())
