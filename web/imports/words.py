"""How far an import is, in words."""

from dataclasses import dataclass

from gas.imports.models import Import, ImportState
from web.present import duration, size


@dataclass(frozen=True)
class Shown:
    """What a page says of an import."""

    import_id: str
    name: str
    address: str
    state: ImportState
    title: str
    """One line: what is happening."""
    detail: str
    """Bytes, speed, time left; empty where nothing is known."""
    percent: float | None
    """None: it cannot be told."""
    problem: str
    remedy: str
    is_open: bool


_TITLES = {
    ImportState.DONE: "The file is here, and its job has been made.",
    ImportState.FAILED: "The file could not be fetched.",
    ImportState.CANCELLED: "Cancelled. What had been fetched is deleted.",
}


def seconds_left(found: Import) -> int | None:
    """Until all of it is here, at the speed of the last seconds; None: nobody can tell."""
    if found.total is None or not found.speed or found.state is not ImportState.FETCHING:
        return None
    return max(0, found.total - found.received) // found.speed


def shown(found: Import, now: int) -> Shown:
    """An import for a page."""
    total = found.total
    return Shown(
        import_id=found.import_id,
        name=found.file_name or found.shown_url.rstrip("/").rsplit("/", 1)[-1] or found.host,
        address=found.shown_url,
        state=found.state,
        title=_title(found, now),
        detail=_detail(found),
        percent=min(100.0, 100 * found.received / total) if total else None,
        problem=found.problem.message if found.problem else "",
        remedy=found.problem.remedy if found.problem else "",
        is_open=found.is_open,
    )


def _title(found: Import, now: int) -> str:
    if found.state in _TITLES:
        return _TITLES[found.state]
    if found.state is ImportState.WAITING:
        if found.tries:
            return f"Trying again in {duration(max(1, found.next_at - now))}."
        return "Waiting for its turn."
    if found.total is not None and found.received >= found.total > 0:
        return "All of it is here; its job is being made."
    return f"Fetching from {found.host}." if found.received else f"Asking {found.host} for it."


def _detail(found: Import) -> str:
    if not found.received:
        return ""
    words = [size(found.received) + (f" of {size(found.total)}" if found.total else "")]
    if found.state is ImportState.FETCHING and found.speed:
        words.append(f"{size(found.speed)} a second")
        left = seconds_left(found)
        if left is not None:
            words.append(f"{duration(max(1, left))} left")
    return " · ".join(words)
