"""Copies of tables on this machine's disk: made once, whole or not at all, bounded, dropped."""

import hashlib
import os
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from gas.errors import InvalidRequest, NotFound, ServiceUnavailable
from gas.jobs import StoredFile
from gas.testing import MemoryBlobStore
from tests.unit.web.explorer.conftest import Made
from web.explorer.cache import Preparation, TableCache
from web.explorer.recent import Recent
from web.explorer.table import OpenTable

MANY = 100_000_000


class Bucket(MemoryBlobStore):
    """Counts downloads; `hold` keeps them from going on."""

    def __init__(self) -> None:
        super().__init__("results")
        self.downloads = 0
        self.go_on = threading.Event()
        self.go_on.set()

    def stream(self, key: str) -> Iterator[bytes]:
        self.downloads += 1
        self.go_on.wait(10)
        yield from super().stream(key)


@pytest.fixture
def bucket() -> Bucket:
    return Bucket()


@pytest.fixture
def store(bucket: Bucket, made: Made) -> Callable[[str], StoredFile]:
    content = made.table.read_bytes()

    def put(key: str = "table") -> StoredFile:
        bucket.put(key, content)
        digest = hashlib.sha256(content).hexdigest()
        return StoredFile(key=key, name="t.parquet", size=len(content), sha256=digest)

    return put


def cache_in(folder: Path, bucket: Bucket, most_bytes: int = MANY) -> TableCache:
    return TableCache(folder, bucket, most_bytes=most_bytes, keep_seconds=600)


def copies(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir() if path.is_dir()}


def test_many_at_once_wait_for_one_download(
    tmp_path: Path, bucket: Bucket, store: Callable[[str], StoredFile], made: Made
) -> None:
    cache, table = cache_in(tmp_path, bucket), store("table")
    bucket.go_on.clear()
    found: list[OpenTable | Preparation] = []
    threads = [
        threading.Thread(target=lambda: found.append(cache.open("job", table, patience=30)))
        for _ in range(6)
    ]
    for thread in threads:
        thread.start()
    waiting = cache.open("job", table, patience=0)
    assert isinstance(waiting, Preparation)
    assert 0 <= waiting.percent <= 60
    bucket.go_on.set()
    for thread in threads:
        thread.join()
    assert bucket.downloads == 1
    assert {len(each) for each in found if isinstance(each, OpenTable)} == {len(made.rows)}
    assert len({id(each) for each in found}) == 1
    assert cache.open("job", table) is found[0]


def test_a_damaged_table_is_not_shown_and_not_kept(
    tmp_path: Path, bucket: Bucket, store: Callable[[str], StoredFile]
) -> None:
    cache, table = cache_in(tmp_path, bucket), store("table")
    bucket.put("table", b"PAR1 something else PAR1")
    for _ in range(2):  # and asked again, it is looked at again
        with pytest.raises(ServiceUnavailable, match="not as the engine wrote it"):
            cache.open("job", table, patience=30)
    assert copies(tmp_path) == set()
    bucket.delete("table")
    with pytest.raises(NotFound):
        cache.open("job", table, patience=30)
    store("table")
    assert isinstance(cache.open("job", table, patience=30), OpenTable)


def test_what_is_no_table_fails_in_words(tmp_path: Path, bucket: Bucket) -> None:
    content = b"certainly not Parquet"
    bucket.put("table", content)
    digest = hashlib.sha256(content).hexdigest()
    table = StoredFile(key="table", name="t", size=len(content), sha256=digest)
    with pytest.raises(ServiceUnavailable, match="could not be opened"):
        cache_in(tmp_path, bucket).open("job", table, patience=30)


def test_what_a_killed_process_left_is_removed_at_the_start(
    tmp_path: Path, bucket: Bucket, store: Callable[[str], StoredFile]
) -> None:
    table = store("table")
    key = f"job-{table.sha256[:16]}"
    half = tmp_path / f"{key}.part"
    half.mkdir()
    (half / "table.parquet").write_bytes(b"half of it")
    (tmp_path / "old-0123").mkdir()
    cache = cache_in(tmp_path, bucket)
    # Even without a start, what is half done is done anew.
    assert isinstance(cache.open("job", table, patience=30), OpenTable)
    assert not half.exists()
    half.mkdir()
    cache.sweep(keep_seconds=0)
    assert copies(tmp_path) == set()
    assert isinstance(cache.open("job", table, patience=30), OpenTable)
    assert bucket.downloads == 2


def test_a_copy_is_dropped_when_nobody_looked_for_long(
    tmp_path: Path, bucket: Bucket, store: Callable[[str], StoredFile]
) -> None:
    cache, table = cache_in(tmp_path, bucket), store("table")
    opened = cache.open("job", table, patience=30)
    assert isinstance(opened, OpenTable)
    (folder,) = (path for path in tmp_path.iterdir() if path.is_dir())
    cache.sweep()
    assert folder.exists()
    os.utime(folder, (time.time() - 601,) * 2)
    cache.sweep()
    assert not folder.exists()
    # Whoever still reads it reads on; who asks again gets it fetched again.
    assert opened.batches[0].column("record")[0].as_py() == 1
    assert isinstance(cache.open("job", table, patience=30), OpenTable)
    assert bucket.downloads == 2


def test_using_a_copy_keeps_it(
    tmp_path: Path, bucket: Bucket, store: Callable[[str], StoredFile]
) -> None:
    cache, table = cache_in(tmp_path, bucket), store("table")
    cache.open("job", table, patience=30)
    (folder,) = (path for path in tmp_path.iterdir() if path.is_dir())
    os.utime(folder, (time.time() - 601,) * 2)
    cache.open("job", table)
    cache.sweep()
    assert folder.exists()


def test_the_folder_stays_within_its_bytes(
    tmp_path: Path, bucket: Bucket, store: Callable[[str], StoredFile]
) -> None:
    size = store("a").size
    cache = cache_in(tmp_path, bucket, most_bytes=size * 12 + size)
    for job in ("a", "b", "c"):
        assert isinstance(cache.open(job, store(job), patience=30), OpenTable)
        assert [name[0] for name in copies(tmp_path)] == [job]
    with pytest.raises(InvalidRequest, match="too large"):
        cache_in(tmp_path, bucket, most_bytes=size).open("d", store("d"))


def test_two_processes_share_a_folder(
    tmp_path: Path, bucket: Bucket, store: Callable[[str], StoredFile]
) -> None:
    one, other, table = cache_in(tmp_path, bucket), cache_in(tmp_path, bucket), store("table")
    assert isinstance(one.open("job", table, patience=30), OpenTable)
    assert isinstance(other.open("job", table, patience=30), OpenTable)
    assert bucket.downloads == 1
    other.sweep(keep_seconds=0)
    assert isinstance(one.open("job", table, patience=30), OpenTable)
    assert bucket.downloads == 2


def test_the_folder_is_closed_to_other_users(
    tmp_path: Path, bucket: Bucket, store: Callable[[str], StoredFile]
) -> None:
    folder = tmp_path / "tables"
    cache_in(folder, bucket).open("job", store("table"), patience=30)
    assert folder.stat().st_mode & 0o077 == 0


def test_recent_forgets_what_was_not_asked_for_longest() -> None:
    recent, made_of = Recent(70_000), []

    def value(name: str) -> Callable[[], str]:
        return lambda: made_of.append(name) or name  # type: ignore[func-returns-value]

    for name in ("a", "b", "c", "a", "d", "a", "b"):
        assert recent.get(name, value(name)) == name
    assert made_of == ["a", "b", "c", "d", "b"]
