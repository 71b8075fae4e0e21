"""Devices that wait, without a database."""

from datetime import timedelta

from gas.accounts.devices import (
    INTERVAL,
    LIFE_SECONDS,
    Decision,
    DeviceLogin,
    Standing,
    device_code,
    shown_code,
)
from gas.accounts.sessions import at, digest_of
from gas.scopes import Scope


class MemoryDevices:
    """`gas.accounts.devices.DeviceStore` in a list."""

    def __init__(self) -> None:
        self.rows: list[DeviceLogin] = []

    def begin(
        self, *, name: str, scopes: frozenset[Scope], origin: str, now: int
    ) -> tuple[str, str]:
        device, shown = device_code(), shown_code()
        self.rows.append(
            DeviceLogin(
                device_digest=digest_of(device),
                user_digest=digest_of(shown),
                origin=digest_of(origin),
                name=name,
                scope_names=" ".join(sorted(scopes)),
                created_at=at(now),
                expires_at=at(now + LIFE_SECONDS),
            )
        )
        return device, shown

    def waiting(self, shown: str, *, now: int) -> DeviceLogin | None:
        for row in self.rows:
            mine = row.user_digest == digest_of(shown) and row.decision is None
            if mine and row.expires_at > at(now):
                return row
        return None

    def decide(self, shown: str, user_id: str, decision: Decision, *, now: int) -> bool:
        row = self.waiting(shown, now=now)
        if row is None:
            return False
        row.decision, row.user_id = decision.value, user_id
        return True

    def ask(self, device: str, *, now: int) -> tuple[Standing, DeviceLogin | None]:
        for row in self.rows:
            if row.device_digest == digest_of(device) and row.expires_at > at(now):
                break
        else:
            return Standing.EXPIRED, None
        if row.decision is not None:
            self.rows.remove(row)
            denied = row.decision == Decision.DENIED
            return (Standing.DENIED, None) if denied else (Standing.ALLOWED, row)
        last, row.asked_at = row.asked_at, at(now)
        too_soon = last is not None and at(now) - last < timedelta(seconds=INTERVAL - 1)
        return (Standing.TOO_SOON if too_soon else Standing.PENDING), None
