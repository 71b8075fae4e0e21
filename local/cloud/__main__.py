"""``python -m local.cloud --data DIR [--port 4566]``: run the embedded cloud."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import fcntl
import logging
import os
import signal
import ssl
import sys
from collections.abc import Awaitable, Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from aiohttp import web

from local.addresses import HOST, is_free, who_listens
from local.cloud.gateway import Gateway
from local.cloud.settings import CloudSettings, ColdSeconds, RetryPolicy
from local.errors import LocalError
from local.paths import DEFAULT_DATA

SHUTDOWN_SECONDS = 1.0
"""How long requests in progress may take to end after a signal says stop."""


def parse(arguments: list[str] | None = None) -> CloudSettings:
    parser = argparse.ArgumentParser(prog="python -m local.cloud", description=__doc__)
    parser.add_argument("--data", type=Path, default=DEFAULT_DATA / "cloud")
    parser.add_argument("--port", type=int, default=4566)
    parser.add_argument("--relay-port", type=int, help="default: the next port")
    parser.add_argument("--tls-port", type=int, default=0, help="the same by HTTPS; 0: not")
    parser.add_argument("--certificate", type=Path, help="certificate and key of it, one PEM file")
    parser.add_argument("--log-level", default="WARNING")
    parser.add_argument(
        "--retry-pace",
        type=float,
        default=1.0,
        help="seconds of the first pause of a repeated notification (the longest: 20 times that)",
    )
    parser.add_argument(
        "--disk-reserve",
        type=int,
        default=CloudSettings.disk_reserve,
        help="bytes that objects must leave free on the disk (default %(default)s)",
    )
    given = parser.parse_args(arguments)
    return CloudSettings(
        data=given.data.expanduser().resolve(),
        port=given.port,
        relay_port=given.relay_port or given.port + 1,
        tls_port=given.tls_port,
        certificate=given.certificate,
        disk_reserve=given.disk_reserve,
        log_level=given.log_level.upper(),
        retry=RetryPolicy(pace=given.retry_pace, longest=20 * given.retry_pace),
        wait_scale=os.environ.get("SFN_WAIT_SCALE", "1"),
        cold=cold_seconds(os.environ),
    )


def cold_seconds(environ: Mapping[str, str]) -> ColdSeconds:
    """How long retrievals take, from ``GAS_COLD_EXPEDITED_SECONDS`` and its like.

    Raises
    ------
    LocalError
        One of them is no number.
    """
    known = {name: f"GAS_COLD_{name.upper()}_SECONDS" for name in ("expedited", "standard")}
    given = {name: environ[variable] for name, variable in known.items() if variable in environ}
    try:
        return ColdSeconds(**{name: float(text) for name, text in given.items()})
    except ValueError:
        raise LocalError(f"{', '.join(known.values())} are numbers of seconds.") from None


async def run(settings: CloudSettings) -> None:
    """Serve until SIGTERM or Ctrl-C."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    settings.create_folders()
    with hold(settings):
        await serve(settings, stop)


@contextlib.contextmanager
def hold(settings: CloudSettings) -> Iterator[None]:
    """Keep every other gateway away from this data folder.

    Raises
    ------
    LocalError
        There is one already.
    """
    with (settings.run / "gateway.lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise LocalError(f"Another embedded cloud works in {settings.data}.") from None
        yield


async def serve(settings: CloudSettings, stop: asyncio.Event) -> None:
    gateway = Gateway(settings)
    door, relay = (
        web.ServerRunner(_server(h), shutdown_timeout=SHUTDOWN_SECONDS)
        for h in (gateway.handle, gateway.relay.take)
    )
    try:
        for runner, port in ((door, settings.port), (relay, settings.relay_port)):
            await runner.setup()
            await web.TCPSite(runner, HOST, port).start()
        if settings.tls_port:
            await web.TCPSite(door, HOST, settings.tls_port, ssl_context=_tls(settings)).start()
        starting = asyncio.create_task(gateway.start())
        stopping = asyncio.create_task(stop.wait())
        await asyncio.wait({starting, stopping}, return_when=asyncio.FIRST_COMPLETED)
        if starting.done():
            starting.result()
            print(f"The embedded cloud is ready at {settings.url}", flush=True)
            failing = asyncio.create_task(gateway.failed())
            await asyncio.wait({failing, stopping}, return_when=asyncio.FIRST_COMPLETED)
            if failing.done():
                failing.result()
            failing.cancel()
        starting.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await starting
    finally:
        await gateway.stop()
        await door.cleanup()
        await relay.cleanup()


def _tls(settings: CloudSettings) -> ssl.SSLContext:
    if settings.certificate is None:
        raise LocalError("--tls-port needs --certificate.")
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.load_cert_chain(settings.certificate)
    return context


def _server(handler: Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]) -> web.Server:
    """A server that hands bodies on as they are and takes long addresses."""

    loop = asyncio.get_running_loop()

    def request(
        message: Any, payload: Any, protocol: Any, writer: Any, task: Any
    ) -> web.BaseRequest:
        # aiohttp stops at 1 MiB unless told otherwise; the gateway checks the size itself.
        most = CloudSettings.largest_request
        return web.BaseRequest(message, payload, protocol, writer, task, loop, client_max_size=most)

    return web.Server(
        handler,
        request_factory=request,
        access_log=None,
        auto_decompress=False,
        max_line_size=65536,
        max_field_size=65536,
    )


def main() -> int:
    try:
        settings = parse()
        logging.basicConfig(
            level=settings.log_level, format="%(asctime)s %(levelname)s %(name)s: %(message)s"
        )
        for port in filter(None, (settings.port, settings.relay_port, settings.tls_port)):
            if not is_free(port):
                holder = who_listens(port)
                raise LocalError(f"Port {port} is in use{f' by {holder}' if holder else ''}.")
        asyncio.run(run(settings))
    except LocalError as fault:
        print(fault, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
