"""Idempotency keys: the same request twice has one effect and one answer."""

from __future__ import annotations

import contextlib
import hashlib
import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from local.stripe.errors import ApiError
from local.stripe.store import Json, Transaction

KEPT_SECONDS = 86_400


@dataclass(frozen=True)
class Answer:
    """An answer of the API."""

    status: int
    body: Json
    request_id: str
    replayed: bool = False


class InFlight:
    """The keys whose requests are being answered at this moment."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._keys: set[str] = set()

    @contextlib.contextmanager
    def holding(self, key: str | None) -> Iterator[None]:
        """Hold a key while its request is answered.

        Raises:
            ApiError: another request with the key is being answered.
        """
        if key is None:
            yield
            return
        with self._lock:
            if key in self._keys:
                raise ApiError(
                    409,
                    "There is currently another in-progress request using this Idempotent Key "
                    f"({key}). Please try again later.",
                    kind="idempotency_error",
                    code="idempotency_key_in_use",
                )
            self._keys.add(key)
        try:
            yield
        finally:
            with self._lock:
                self._keys.discard(key)


def fingerprint(method: str, path: str, values: dict[str, Any]) -> str:
    """What must be the same for a key to be used again."""
    told = json.dumps([method, path, values], sort_keys=True)
    return hashlib.sha256(told.encode()).hexdigest()


def earlier_answer(tx: Transaction, key: str, print_: str, now: float) -> Answer | None:
    """The answer that a key had within the last 24 hours.

    Raises:
        ApiError: the key was used for another request.
    """
    tx.connection.execute("delete from answers where at < ?", (now - KEPT_SECONDS,))
    row = tx.connection.execute(
        "select fingerprint, request_id, status, body from answers where key = ?", (key,)
    ).fetchone()
    if row is None:
        return None
    if row[0] != print_:
        raise ApiError(
            400,
            "Keys for idempotent requests can only be used with the same parameters they were "
            f"first used with. Try using a key other than '{key}' if you meant to execute a "
            "different request.",
            kind="idempotency_error",
        )
    return Answer(row[2], json.loads(row[3]), row[1], replayed=True)


def keep_answer(tx: Transaction, key: str, print_: str, answer: Answer, now: float) -> None:
    tx.connection.execute(
        "insert into answers values (?, ?, ?, ?, ?, ?)",
        (key, print_, answer.request_id, answer.status, json.dumps(answer.body), now),
    )
