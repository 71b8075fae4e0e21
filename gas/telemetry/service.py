"""Setting up what a service tells: its log, its traces, its numbers."""

from typing import Protocol

from flask import Flask

from gas import logs
from gas.telemetry import recording, requests
from gas.telemetry.metrics import Exposition, count_event, worker_gauges


class Slots(Protocol):
    """What works on messages (`gas.worker.Worker`)."""

    @property
    def slots(self) -> int:
        """Messages that may be worked on at once."""

    @property
    def busy(self) -> int:
        """Messages that are worked on."""


def set_up(service: str, log_level: str) -> None:
    """Have this process log and trace as `service`. Call it once, after the fork."""
    logs.configure(service, log_level, count=count_event)
    recording.start(service)


def watch(app: Flask, worker: Slots, *, token: str) -> None:
    """Watch the requests of a service that works on messages, and serve its numbers."""
    gauges = worker_gauges(worker.slots, lambda: worker.busy)
    requests.install(app, Exposition(app.name, gauges), token=token)
