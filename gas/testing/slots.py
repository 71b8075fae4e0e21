"""The lines of the users in a dict."""

from dataclasses import replace
from threading import Lock

from gas.slots import Line


class MemoryLineTable:
    """`gas.slots.LineTable` without a database."""

    def __init__(self) -> None:
        self._lines: dict[str, Line] = {}
        self._lock = Lock()

    def read(self, user_id: str) -> Line:
        return self._lines.get(user_id, Line())

    def write(self, user_id: str, line: Line, *, expires_at: int) -> bool:
        with self._lock:
            if self.read(user_id).version != line.version:
                return False
            self._lines[user_id] = replace(line, version=line.version + 1)
            return True
