"""Which content was annotated before, in a dict."""


class MemoryEarlierJobs:
    """`gas.earlier.EarlierJobs` without a database."""

    def __init__(self) -> None:
        self.noted: dict[tuple[str, str], tuple[int, str]] = {}

    def note(self, user_id: str, digest: str, job_id: str, *, at: int, expires_at: int) -> bool:
        known_at, _ = self.noted.get((user_id, digest), (at, ""))
        if known_at > at:
            return False
        self.noted[user_id, digest] = (at, job_id)
        return True

    def find(self, user_id: str, digest: str) -> str | None:
        return self.noted.get((user_id, digest), (0, None))[1]

    def forget(self, user_id: str, digest: str, job_id: str) -> None:
        if self.find(user_id, digest) == job_id:
            del self.noted[user_id, digest]
