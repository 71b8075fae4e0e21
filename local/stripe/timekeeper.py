"""Lets happen what is due: in real time, and in the time of clocks that are being moved on."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable

from local.stripe.billing.passing_time import happen
from local.stripe.courier import Courier
from local.stripe.store import Record, Store, Transaction
from local.stripe.work import Work

_CLOCK = "test_helpers.test_clock"
_LONGEST_NAP = 0.5


class Timekeeper:
    """Does one due thing after the other, each in its own transaction.

    A kill in between loses nothing: what was not done is still due.
    """

    def __init__(self, store: Store, base_url: str, now: Callable[[], float] = time.time) -> None:
        self._store = store
        self._base_url = base_url
        self._now = now

    def run_due(self) -> None:
        while self._is_something_due():
            with self._store.transaction() as tx:
                self._step(tx)

    def _is_something_due(self) -> bool:
        with self._store.reading() as tx:
            return bool(tx.find(_CLOCK, {"status": "advancing"}) or tx.first_due(self._now()))

    def _step(self, tx: Transaction) -> None:
        work = Work(tx, self._base_url, real_now=self._now)
        for clock in tx.find(_CLOCK, {"status": "advancing"}):
            _advance(work, clock)
            return
        due = tx.first_due(self._now())
        if due is not None:
            happen(work, *due)


def _advance(work: Work, clock: Record) -> None:
    target = clock.body["status_details"]["advancing"]["target_frozen_time"]
    due = work.tx.first_due_of_clock(clock.id, target)
    if due is not None:
        happen(work, *due)
        return
    clock.body.update(frozen_time=target, status="ready", status_details={})
    work.save(clock, "test_helpers.test_clock.ready")


class Background:
    """The thread that keeps time and sends events out."""

    def __init__(self, timekeeper: Timekeeper, courier: Courier) -> None:
        self._timekeeper = timekeeper
        self._courier = courier
        self._wake = threading.Event()
        self._stopping = False
        courier.on_arrival = self.wake
        self._thread = threading.Thread(target=self._run, name="background", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def wake(self) -> None:
        """Something has changed: look at once."""
        self._wake.set()

    def stop(self) -> None:
        self._stopping = True
        self._wake.set()
        self._thread.join()

    def _run(self) -> None:
        try:
            while not self._stopping:
                self._wake.clear()
                self._timekeeper.run_due()
                self._courier.send_due()
                self._wake.wait(_LONGEST_NAP)
        finally:
            if not self._stopping:
                # Without this thread no event would go out and nobody would notice; the
                # supervisor starts the whole stand-in again.
                os.kill(os.getpid(), signal.SIGTERM)
