"""Runs the ministack process, and runs it again when it dies."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import shutil
import signal
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from urllib.parse import urlsplit

import aiohttp

from local.addresses import HOST
from local.cloud.settings import ACCOUNT, REGION, SERVICES, CloudSettings, RootKey
from local.cloud.upstream import UpstreamError
from local.errors import LocalError

log = logging.getLogger(__name__)

READY_SECONDS = 30.0
LONGEST_PAUSE = 10.0
PROXY_VARIABLES = ("http_proxy", "https_proxy", "all_proxy", "no_proxy")


FAULTS = (LocalError, UpstreamError, OSError, aiohttp.ClientError, TimeoutError)
"""What a start may fail with because ministack died again."""


class ChildDied(LocalError):
    """ministack ended before it answered."""


def child_environment(settings: CloudSettings, root: RootKey) -> dict[str, str]:
    """The environment of ministack.

    Every address it gives out leads to the gateway. Its HTTP posts (the notifications of
    topics) go through the relay, by the proxy variables that ``urllib`` honours; the gateway
    itself is excepted, so that Lambda functions reach it directly, and so is a file store of the
    person's own (``local/object_store.py``).
    """
    own = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("AWS_", "MINISTACK_", "LOCALSTACK_"))
        and name.lower() not in PROXY_VARIABLES
    }
    direct = [f"{HOST}:{settings.port}", f"localhost:{settings.port}"]
    if store := urlsplit(own.get("GAS_S3_URL", "")).netloc:
        direct.append(store)
    return own | {
        "AUTH": "true",
        "AWS_ACCESS_KEY_ID": root.key_id,
        "AWS_SECRET_ACCESS_KEY": root.secret,
        "GATEWAY_PORT": str(settings.port),
        "IOT_MTLS_ENABLED": "0",
        "LOG_LEVEL": settings.log_level,
        "MINISTACK_ACCOUNT_ID": ACCOUNT,
        "MINISTACK_HOST": HOST,
        "MINISTACK_REGION": REGION,
        "PERSIST_STATE": "0",
        "PYTHONUNBUFFERED": "1",
        "S3_DATA_DIR": str(settings.objects),
        "S3_PERSIST": "1",
        "SERVICES": ",".join(SERVICES),
        "SFN_WAIT_SCALE": settings.wait_scale,
        "SFTP_ENABLED": "0",
        "STATE_DIR": str(settings.run / "state"),
        "TMPDIR": str(settings.temporary),
        "http_proxy": f"http://{HOST}:{settings.relay_port}",
        "no_proxy": ",".join(direct),
    }


class Child:
    """Keeps one ministack process running.

    ``restored`` is called after every start and brings the state back; the cloud is ready when
    it has returned. ``lost`` is called as soon as the process is gone.
    """

    def __init__(
        self,
        settings: CloudSettings,
        root: RootKey,
        restored: Callable[[], Awaitable[None]],
        lost: Callable[[], None],
    ) -> None:
        self._settings = settings
        self._environment = child_environment(settings, root)
        self._restored = restored
        self._lost = lost
        self._socket = settings.socket_path()
        self._process: asyncio.subprocess.Process | None = None
        self._keeper: asyncio.Task[None] | None = None

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process else None

    async def start(self) -> None:
        """Start the process and return once its state is back."""
        await self._start_once()
        self._keeper = asyncio.create_task(self._keep(), name="keep ministack")

    async def failed(self) -> None:
        """Wait for the end of the keeper, which only comes by a fault; raises it."""
        assert self._keeper is not None
        await asyncio.shield(self._keeper)

    async def stop(self) -> None:
        """Stop the process and everything it started."""
        if self._keeper:
            self._keeper.cancel()
            await asyncio.gather(self._keeper, return_exceptions=True)
        await self._clear()  # it has nothing to save

    async def _keep(self) -> None:
        pause = 0.1
        while True:
            assert self._process is not None
            code = await self._process.wait()
            self._lost()
            log.warning("ministack ended (status %s) and is started again.", code)
            await self._clear()
            while True:
                try:
                    await self._start_once()
                    pause = 0.1
                    break
                except FAULTS as fault:
                    log.warning("ministack could not be started: %s", fault)
                    self._lost()
                    await self._clear()
                    await asyncio.sleep(pause)
                    pause = min(pause * 2, LONGEST_PAUSE)

    async def _start_once(self) -> None:
        self._socket.unlink(missing_ok=True)
        await asyncio.to_thread(_empty, self._settings.temporary)
        self._process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "local.cloud.ministack_server",
            str(self._socket),
            stdin=asyncio.subprocess.PIPE,
            env=self._environment,
            start_new_session=True,
        )
        await self._until_answering(self._process)
        await self._restored()

    async def _until_answering(self, process: asyncio.subprocess.Process) -> None:
        loop = asyncio.get_running_loop()
        deadline = loop.time() + READY_SECONDS
        while loop.time() < deadline:
            if process.returncode is not None:
                raise ChildDied(f"ministack ended with status {process.returncode}")
            try:
                _, writer = await asyncio.open_unix_connection(str(self._socket))
            except OSError:
                await asyncio.sleep(0.02)
                continue
            writer.close()
            return
        raise ChildDied(f"ministack did not answer within {READY_SECONDS:.0f} s")

    async def _clear(self) -> None:
        """Kill what is left of the process group: Lambda workers outlive their parent."""
        if self._process is None:
            return
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, signal.SIGKILL)
        await self._process.wait()
        if self._process.stdin is not None:
            self._process.stdin.close()
        self._process = None


def _empty(folder: Path) -> None:
    """Remove what ministack left: each Lambda worker unpacks megabytes and never tidies up."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(exist_ok=True)
