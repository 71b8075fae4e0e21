"""Tokens, rates and repeated requests without a database."""

import secrets
from collections.abc import Callable, Sequence
from datetime import timedelta

from gas.accounts.idempotency import KEPT, PATIENCE, Found, Standing
from gas.accounts.models import Account
from gas.accounts.rates import PERIOD, Allowance
from gas.accounts.sessions import at, digest_of
from gas.accounts.tokens import AccessToken, check_wishes, new_token
from gas.scopes import Scope


class MemoryTokens:
    """`gas.accounts.tokens.TokenStore` in a dict, beside the accounts they belong to."""

    def __init__(self, find_account: Callable[[str], Account | None]) -> None:
        self._find_account = find_account
        self._tokens: dict[str, AccessToken] = {}

    def issue(
        self, user_id: str, *, name: str, scopes: frozenset[Scope], days: int | None, now: int
    ) -> tuple[AccessToken, str]:
        check_wishes(name, scopes, days)
        token, moment = new_token(), at(now)
        record = AccessToken(
            digest=digest_of(token),
            token_id=secrets.token_hex(8),
            user_id=user_id,
            name=name.strip(),
            scope_names=" ".join(sorted(scopes)),
            ending=token[-4:],
            created_at=moment,
            expires_at=moment + timedelta(days=days) if days else None,
        )
        self._tokens[record.digest] = record
        return record, token

    def find(self, digest: str, *, now: int) -> tuple[AccessToken, Account] | None:
        record = self._tokens.get(digest)
        account = self._find_account(record.user_id) if record else None
        if record is None or account is None:
            return None
        record.last_used_at = at(now)
        return record, account

    def of_user(self, user_id: str, *, now: int) -> Sequence[AccessToken]:
        return [
            record
            for record in reversed(self._tokens.values())
            if record.user_id == user_id and record.is_live(at(now))
        ]

    def revoke(self, user_id: str, token_id: str, *, now: int) -> bool:
        for record in self._tokens.values():
            mine = (record.user_id, record.token_id) == (user_id, token_id)
            if mine and record.revoked_at is None:
                record.revoked_at = at(now)
                return True
        return False

    def revoke_all(self, user_id: str, *, now: int) -> int:
        live = self.of_user(user_id, now=now)
        for record in live:
            record.revoked_at = at(now)
        return len(live)


class MemoryRates:
    """`gas.accounts.rates.RateStore` in a dict."""

    def __init__(self) -> None:
        self._empty_at: dict[str, float] = {}

    def take(self, user_id: str, *, limit: int, now: float, period: int = PERIOD) -> Allowance:
        step = period / limit
        before = max(self._empty_at.get(user_id, now), now)
        allowed = before + step <= now + period
        after = before + step if allowed else before
        self._empty_at[user_id] = after
        left = max(0, int((period - (after - now)) / step + 1e-6))
        wait = 0 if allowed else max(1, round(after - now + step - period))
        return Allowance(allowed, limit, left, round(after - now), wait)


class MemoryIdempotency:
    """`gas.accounts.idempotency.IdempotencyStore` in a dict."""

    def __init__(self) -> None:
        self._rows: dict[tuple[str, str], tuple[str, int, bytes | None]] = {}

    def begin(self, user_id: str, key: str, *, fingerprint: str, now: int) -> Found:
        print_, begun, answer = self._rows.get((user_id, key), (fingerprint, None, None))
        old = begun is not None and now - begun >= KEPT.total_seconds()
        died = begun is not None and answer is None and now - begun >= PATIENCE.total_seconds()
        if begun is None or old or (died and print_ == fingerprint):
            self._rows[user_id, key] = (fingerprint, now, None)
            return Found(Standing.NEW)
        if print_ != fingerprint:
            return Found(Standing.OTHER)
        return Found(Standing.UNDER_WAY) if answer is None else Found(Standing.ANSWERED, answer)

    def tidy(self, *, now: int) -> None:
        kept = {k: v for k, v in self._rows.items() if now - v[1] < KEPT.total_seconds()}
        self._rows = kept

    def finish(self, user_id: str, key: str, answer: bytes) -> None:
        if (row := self._rows.get((user_id, key))) is not None:
            self._rows[user_id, key] = (row[0], row[1], answer)

    def forget(self, user_id: str, key: str) -> None:
        if (row := self._rows.get((user_id, key))) is not None and row[2] is None:
            del self._rows[user_id, key]
