"""``python -m local up``: start everything, say where it is, look after it, stop it."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO

import psutil

from local.addresses import Addresses, busy_ports
from local.certificates import Certificates, how_to_trust
from local.elsewhere import PORTS
from local.errors import LocalError
from local.keyring import Keyring
from local.lock import DataLock, Holder
from local.logs import put_aside
from local.paths import REPOSITORY, DataFolder
from local.progress import Progress
from local.records import RecordBook, end_processes, leftovers
from local.services import Installation
from local.startup import start_everything
from local.supervisor import Supervisor
from local.uwsgi import ONE_OF_EACH, Scale, every_port, program
from local.watchdog import PATIENCE as WATCHDOG_PATIENCE

_QUICK_STOP_NOTICE = "Stopping. Press Ctrl-C again to stop without waiting."


@dataclass(frozen=True)
class UpOptions:
    """What the command line asked for."""

    data: DataFolder
    addresses: Addresses
    database_url: str = ""
    """An accounts database of the person's own; empty for the one we start."""
    scale: Scale = ONE_OF_EACH
    services_elsewhere: bool = False
    """The services are started by somebody else (`local.elsewhere`)."""


def up(options: UpOptions, progress: Progress) -> int:
    """Run the embedded default until it is told to stop; the exit code."""
    data = options.data
    data.create()
    lock = DataLock(data.run)
    waited = lock.take(patience=WATCHDOG_PATIENCE + 10)
    try:
        if waited > 0.2:
            progress.say("What was left of an earlier run has ended.")
        book = RecordBook(data.run / "parts")
        _clean(book, data, progress)
        _require_free_ports(options)
        _prepare_https(options, progress)
        put_aside(data.logs)
        lock.note(_holder(options))
        with _watchdog(lock) as pipe:
            return asyncio.run(_run(options, progress, book, pipe))
    finally:
        lock.release()


async def _run(options: UpOptions, progress: Progress, book: RecordBook, watchdog: IO[str]) -> int:
    def guard(line: str) -> None:
        with contextlib.suppress(OSError):  # the watchdog was killed; records still name the parts
            print(line, file=watchdog, flush=True)

    data = options.data
    supervisor = Supervisor(data.root, data.logs, book, progress.say, guard)
    keyring = Keyring.load_or_make(data.settings / "keyring.json")
    installation = Installation(data, options.addresses, keyring, options.scale)
    stop = _stop_on_signals(supervisor, progress)
    starting = asyncio.create_task(
        start_everything(
            installation,
            supervisor,
            progress,
            options.database_url,
            services_elsewhere=options.services_elsewhere,
        )
    )
    stopped = asyncio.create_task(stop.wait())
    code = 0
    try:
        await asyncio.wait({starting, stopped}, return_when=asyncio.FIRST_COMPLETED)
        if starting.done():
            starting.result()
            progress.plain("")
            progress.plain(f"Mail: {options.addresses.url('mailbox')}   Logs: {data.logs}")
            progress.plain(f"What is done for each job: {options.addresses.url('traces')}")
            progress.plain("Ctrl-C stops everything; what you did stays.")
            progress.plain(options.addresses.url("web"))
            await stopped
    except LocalError as fault:
        progress.plain(f"\n{fault}")
        code = 1
    finally:
        for task in (starting, stopped):
            task.cancel()
        await asyncio.gather(starting, stopped, return_exceptions=True)
        await supervisor.stop()
    book.clear()
    progress.say("Everything has stopped.")
    return code


def _stop_on_signals(supervisor: Supervisor, progress: Progress) -> asyncio.Event:
    stop = asyncio.Event()

    def asked() -> None:
        if stop.is_set():
            supervisor.kill()
            return
        progress.plain("")
        progress.say(_QUICK_STOP_NOTICE)
        stop.set()

    loop = asyncio.get_running_loop()
    for which in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(which, asked)
    return stop


@contextlib.contextmanager
def _watchdog(lock: DataLock) -> Iterator[IO[str]]:
    """The watchdog process, for as long as the block runs; yields its pipe."""
    process = subprocess.Popen(
        [sys.executable, "-m", "local.watchdog"],
        stdin=subprocess.PIPE,
        text=True,
        cwd=REPOSITORY,
        env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
        start_new_session=True,
        pass_fds=(lock.descriptor,),
    )
    pipe = process.stdin
    assert pipe is not None
    try:
        yield pipe
        with contextlib.suppress(OSError):
            print("bye", file=pipe, flush=True)
    finally:
        with contextlib.suppress(OSError):
            pipe.close()
        process.wait()


def _clean(book: RecordBook, data: DataFolder, progress: Progress) -> None:
    """End what a killed run left behind; only processes that are surely ours."""
    count = end_processes(leftovers(book, data.root))
    if count:
        progress.say(f"Ended {count} processes that an earlier run left behind.")
    book.clear()


def _require_free_ports(options: UpOptions) -> None:
    ports = every_port(options.addresses, options.scale)
    if options.services_elsewhere:
        ports = {name: port for name, port in ports.items() if name not in PORTS}
    busy = busy_ports(ports)
    if busy:
        advice = (
            "End what uses them, or choose others: `python -m local up --port-offset 100` moves "
            "all ports by 100, `--web-port 9000` (and so on) moves one."
        )
        raise LocalError("\n".join([*busy, advice]))


def _prepare_https(options: UpOptions, progress: Progress) -> None:
    if not options.addresses.https:
        return
    if not program(tls=True).exists():
        raise LocalError(
            "HTTPS needs the uWSGI with TLS. Start with `make run HTTPS=1`, or build it: "
            "scripts/build_uwsgi.sh"
        )
    certificates = Certificates(options.data.tls)
    if certificates.renew():
        progress.plain(how_to_trust(certificates, options.addresses.url("web")) + "\n")


def _holder(options: UpOptions) -> Holder:
    return Holder(
        pid=os.getpid(),
        started=psutil.Process().create_time(),
        url=options.addresses.url("web"),
        ports=every_port(options.addresses, options.scale),
    )
