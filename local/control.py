"""``status`` and ``stop``: talk to an ``up`` that runs elsewhere."""

from __future__ import annotations

import os
import signal
import time

from local.addresses import Addresses, is_free
from local.certificates import Certificates, how_to_trust
from local.lock import DataLock, Holder
from local.paths import DataFolder
from local.progress import Progress
from local.records import RecordBook

STOP_PATIENCE = 20.0


def status(data: DataFolder, progress: Progress) -> int:
    """Say what runs from a data folder. 0 if it runs, 3 if not (as service managers do)."""
    holder = running(data)
    if holder is None:
        progress.plain(f"Nothing runs from {data.root}.")
        return 3
    progress.plain(f"GAS runs from {data.root} (process {holder.pid}).")
    for record in RecordBook(data.run / "parts").read():
        state = "running" if record.is_alive() else "not running"
        progress.plain(f"  {record.name:10} process {record.pid:<8} {state}")
    for part, port in holder.ports.items():
        progress.plain(f"  port {port:<6} {part}{' (nothing listens)' if is_free(port) else ''}")
    progress.plain(holder.url)
    return 0


def stop(data: DataFolder, progress: Progress) -> int:
    """Stop the ``up`` of a data folder and wait until it has ended."""
    holder = running(data)
    if holder is None:
        progress.plain(f"Nothing runs from {data.root}.")
        return 0
    os.kill(holder.pid, signal.SIGTERM)
    lock = DataLock(data.run)
    deadline = time.monotonic() + STOP_PATIENCE
    while time.monotonic() < deadline:
        if not lock.is_taken():
            progress.say("Everything has stopped.")
            return 0
        time.sleep(0.1)
    progress.say(f"Process {holder.pid} has not ended yet; its logs: {data.logs}")
    return 1


def trust(data: DataFolder, progress: Progress) -> int:
    """Say how a browser comes to trust what `up --https` serves."""
    certificates = Certificates(data.tls)
    data.create()
    certificates.renew()
    holder = running(data)
    url = holder.url if holder else Addresses().with_https().url("web")
    progress.plain(how_to_trust(certificates, url))
    return 0


def running(data: DataFolder) -> Holder | None:
    """Who runs from a data folder now."""
    lock = DataLock(data.run)
    holder = lock.holder()
    return holder if holder is not None and holder.is_alive() and lock.is_taken() else None
