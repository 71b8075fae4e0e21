"""The ministack process: its ASGI application on a UNIX socket, bound to the gateway's life.

Run by the gateway as ``python -m local.cloud.ministack_server SOCKET`` with a pipe as standard
input that the gateway holds open. When the pipe closes, the gateway is gone, and so are this
process and the Lambda workers it started.
"""

from __future__ import annotations

import asyncio
import ctypes
import os
import signal
import sys
import threading

PR_SET_PDEATHSIG = 1


def die_with_parent() -> None:
    """End with the gateway however it ends: by the kernel on Linux, by the pipe everywhere."""
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    threading.Thread(target=_watch_pipe, name="watch the gateway", daemon=True).start()


def _watch_pipe() -> None:
    while os.read(0, 4096):
        pass
    os.killpg(0, signal.SIGKILL)  # the gateway made this process the leader of its group


async def serve(socket: str) -> None:
    """Serve ministack until a signal says stop."""
    from hypercorn.asyncio import serve as hypercorn_serve
    from hypercorn.config import Config
    from ministack.app import app

    config = Config()
    config.bind = [f"unix:{socket}"]
    config.umask = 0o177
    config.keep_alive_timeout = 3600
    config.keep_alive_max_requests = 1_000_000_000
    config.h11_max_incomplete_size = 256 * 1024
    config.graceful_timeout = 1
    config.loglevel = os.environ.get("LOG_LEVEL", "WARNING")
    await hypercorn_serve(app, config)


def main() -> None:
    die_with_parent()
    asyncio.run(serve(sys.argv[1]))


if __name__ == "__main__":
    main()
