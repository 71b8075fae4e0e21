"""What cold storage does today, for practice: how long it takes, what it lacks, whether it is up.

``GET /_gas/practice/cold`` shows it and ``POST`` changes what its JSON names, for example
``{"expedited_capacity": false, "outage": true, "seconds": {"standard": 2}}``. Both want
``Authorization: Bearer TOKEN``, the token being in the file ``practice-token`` of the data folder.
It is kept over restarts.
"""

from __future__ import annotations

import hmac
import json
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from aiohttp import web

from local.cloud.journal import Journal
from local.cloud.settings import ColdSeconds

COLD = "/_gas/practice/cold"
LONGEST_BODY = 10_000


@dataclass(frozen=True)
class ColdPractice:
    """How cold storage behaves."""

    expedited_capacity: bool = True
    outage: bool = False
    """Whether all of it answers 503: vaults, and what concerns objects of the Glacier classes."""
    seconds: ColdSeconds = field(default_factory=ColdSeconds)

    def takes(self, tier: str) -> float:
        """Seconds of a retrieval in this tier (``Bulk`` is as fast as ``Standard`` here)."""
        return self.seconds.expedited if tier == "Expedited" else self.seconds.standard

    def lacks(self, tier: str) -> bool:
        """Whether there is no capacity for a retrieval in this tier."""
        return tier == "Expedited" and not self.expedited_capacity

    def changed(self, wanted: Any) -> ColdPractice:
        """This practice with what a request names.

        Raises
        ------
        ValueError
            The request names something else.
        """
        if not isinstance(wanted, dict) or wanted.keys() - {"seconds", *SWITCHES}:
            raise ValueError(f"known are {', '.join(SWITCHES)} and seconds")
        for name in SWITCHES:
            if not isinstance(wanted.get(name, True), bool):
                raise ValueError(f"{name} is true or false")
        seconds = wanted.get("seconds", {})
        if not isinstance(seconds, dict) or seconds.keys() - DURATIONS:
            raise ValueError(f"seconds has {', '.join(sorted(DURATIONS))}")
        for name, value in seconds.items():
            number = isinstance(value, int | float) and not isinstance(value, bool) and value >= 0
            if not number and not (name == "kept" and value is None):
                raise ValueError(f"{name} is a number of seconds")
        switches = {name: wanted[name] for name in SWITCHES if name in wanted}
        return replace(self, **switches, seconds=replace(self.seconds, **seconds))


SWITCHES = ("expedited_capacity", "outage")
DURATIONS = {"expedited", "standard", "kept"}


class Practice:
    """The present practice, and the page that changes it."""

    def __init__(self, journal: Journal, token: str, seconds: ColdSeconds) -> None:
        self._journal = journal
        self._token = token
        self.cold = ColdPractice(seconds=seconds)
        for (text,) in journal.read("SELECT value FROM practice WHERE name = 'cold'"):
            self.cold = self.cold.changed(json.loads(text))

    async def answer(self, request: web.BaseRequest) -> web.Response:
        """Answer a request for the page."""
        given = request.headers.get("Authorization", "").removeprefix("Bearer ")
        if not hmac.compare_digest(given.encode(), self._token.encode()):
            return web.json_response({"message": "The token is missing or wrong."}, status=401)
        if request.path != COLD or request.method not in ("GET", "POST"):
            return web.json_response({"message": "There is nothing here."}, status=404)
        if request.method == "POST":
            try:
                body = await request.content.read(LONGEST_BODY)
                changed = self.cold.changed(json.loads(body))
            except ValueError as fault:
                return web.json_response({"message": str(fault)}, status=400)
            text = json.dumps(asdict(changed))
            await self._journal.write(
                ("INSERT OR REPLACE INTO practice VALUES ('cold', ?)", (text,))
            )
            self.cold = changed
        return web.json_response(asdict(self.cold))
