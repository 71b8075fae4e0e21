"""Keeps long answers from taking all threads: a few at once, and one for each person."""

from threading import Lock

from gas.errors import ServiceUnavailable

PLACES = 2
"""Of this process; each holds a thread for as long as its reader likes to take."""


class Turnstile:
    """Counts who is inside. Safe to share between threads."""

    def __init__(self, places: int = PLACES) -> None:
        self._places = places
        self._inside: set[str] = set()
        self._lock = Lock()

    def enter(self, user_id: str) -> None:
        """Take a place; `leave` gives it back.

        Raises:
            ServiceUnavailable: this person has one already, or there is none left.
        """
        with self._lock:
            if user_id not in self._inside and len(self._inside) < self._places:
                self._inside.add(user_id)
                return
        raise ServiceUnavailable(
            "An export is being sent already.", remedy="Wait until it is there, then try again."
        )

    def leave(self, user_id: str) -> None:
        """Give the place back."""
        with self._lock:
            self._inside.discard(user_id)
