"""Reading beside the work: the next chunks are read and inflated while one is annotated."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from itertools import islice
from typing import Final

_INLINE: Final = 4  # chunks; a thread for less does not pay
_WAITING: Final = 4  # chunks that may wait: what bounds memory


def read_ahead(chunks: Iterator[bytes]) -> Iterator[bytes]:
    """The same chunks, read in a thread of its own; what that raises is raised here in its place.

    The thread ends with the last chunk, or when the iterator is closed.
    """
    yield from islice(chunks, _INLINE)
    from concurrent.futures import ThreadPoolExecutor  # slow to import

    pool = ThreadPoolExecutor(1, "read")
    try:
        coming = deque(pool.submit(next, chunks, None) for _ in range(_WAITING))
        while (chunk := coming.popleft().result()) is not None:
            coming.append(pool.submit(next, chunks, None))
            yield chunk
    finally:
        pool.shutdown(cancel_futures=True)
