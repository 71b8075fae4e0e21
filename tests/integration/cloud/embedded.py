"""Starts, kills and restarts an embedded cloud for tests."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import boto3
import psutil
from botocore.config import Config

from local.addresses import free_addresses
from local.paths import REPOSITORY

REGION = "us-east-1"
ACCOUNT = "000000000000"
DEADLINE = 120.0
"""Seconds; a start takes a few of them, unless the machine is busy with other things."""


class EmbeddedCloud:
    """One embedded cloud on free ports, in a data folder of its own."""

    def __init__(self, data: Path, *options: str) -> None:
        self.data = data
        addresses = free_addresses()
        self.port, self.relay_port = addresses.cloud, addresses.relay
        self.url = f"http://127.0.0.1:{self.port}"
        self._options = options
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> float:
        """Start it; the seconds until it was ready."""
        begun = time.monotonic()
        command = [sys.executable, "-m", "local.cloud", "--data", str(self.data)]
        ports = ["--port", str(self.port), "--relay-port", str(self.relay_port)]
        self.data.mkdir(parents=True, exist_ok=True)
        with (self.data.parent / f"{self.data.name}.log").open("ab") as log:
            self._process = subprocess.Popen(
                [*command, *ports, "--retry-pace", "0.005", *self._options],
                cwd=REPOSITORY,
                env={**os.environ, "SFN_WAIT_SCALE": "1"},
                stdout=log,
                stderr=log,
            )
        self.wait_until_ready()
        return time.monotonic() - begun

    def wait_until_ready(self) -> None:
        deadline = time.monotonic() + DEADLINE
        while time.monotonic() < deadline:
            assert self._process is not None
            if self._process.poll() is not None:
                raise AssertionError(f"the cloud ended: {self.log()}")
            if self.health() == "ok":
                return
            time.sleep(0.02)
        raise AssertionError(f"the cloud is not ready: {self.log()}")

    def health(self) -> str:
        with contextlib.suppress(OSError), urllib.request.urlopen(f"{self.url}/_gas/health") as r:
            return str(json.load(r)["status"])
        return ""

    def log(self) -> str:
        return (self.data.parent / f"{self.data.name}.log").read_text()[-3000:]

    @property
    def gateway(self) -> psutil.Process:
        assert self._process is not None
        return psutil.Process(self._process.pid)

    @property
    def ministack(self) -> psutil.Process:
        return next(
            child
            for child in self.gateway.children()
            if "local.cloud.ministack_server" in child.cmdline()
        )

    def kill_gateway(self) -> None:
        """``kill -9`` of the gateway alone."""
        assert self._process is not None
        self._process.kill()
        self._process.wait()

    def kill(self) -> None:
        """``kill -9`` of the gateway and of everything below it, in no particular order."""
        gateway = self.gateway
        family = [*gateway.children(recursive=True), gateway]
        for process in family:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.send_signal(signal.SIGKILL)
        assert self._process is not None
        self._process.wait()
        psutil.wait_procs(family, timeout=10)

    def stop(self) -> int:
        """Stop it in the ordinary way; its exit code."""
        assert self._process is not None
        if self._process.poll() is not None:
            return self._process.returncode
        self._process.terminate()
        try:
            return self._process.wait(timeout=15)
        except subprocess.TimeoutExpired:
            self.kill()
            raise

    def root_key(self) -> dict[str, str]:
        found = json.loads((self.data / "root-key.json").read_text())
        return {"aws_access_key_id": found["key_id"], "aws_secret_access_key": found["secret"]}

    def client(self, service: str, attempts: int = 6, **credentials: str) -> Any:
        """A boto3 client, of the root if no credentials are given."""
        return boto3.client(
            service,
            endpoint_url=self.url,
            region_name=REGION,
            config=Config(
                signature_version="s3v4" if service == "s3" else None,
                s3={"addressing_style": "path"},
                retries={"mode": "standard", "max_attempts": attempts},
                max_pool_connections=40,
            ),
            **(credentials or self.root_key()),
        )
