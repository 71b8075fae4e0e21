"""Copies of tables on this machine's disk: made once, whole or not at all, bounded, dropped."""

import hashlib
import os
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from gas.errors import InvalidRequest, NotFound, ServiceUnavailable
from gas.jobs import StoredFile
from gas.testing import MemoryBlobStore
from tests.support.waiting import wait_until
from tests.unit.web.conftest import ADA, BEN
from tests.unit.web.explorer.conftest import Made
from web.explorer import cache as cache_module
from web.explorer.cache import GROWTH, LEAST_GROWTH, MOST_GROWTH, TableCache
from web.explorer.folder import CopyFolder
from web.explorer.preparing import AT_ONCE, Preparation
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
        threading.Thread(target=lambda: found.append(cache.open("job", table, ADA, patience=30)))
        for _ in range(6)
    ]
    for thread in threads:
        thread.start()
    waiting = cache.open("job", table, ADA, patience=0)
    assert isinstance(waiting, Preparation)
    assert 0 <= waiting.percent <= 60
    bucket.go_on.set()
    for thread in threads:
        thread.join()
    assert bucket.downloads == 1
    assert {len(each) for each in found if isinstance(each, OpenTable)} == {len(made.rows)}
    assert len({id(each) for each in found}) == 1
    assert cache.open("job", table, ADA) is found[0]


def test_a_damaged_table_is_not_shown_and_not_kept(
    tmp_path: Path, bucket: Bucket, store: Callable[[str], StoredFile]
) -> None:
    cache, table = cache_in(tmp_path, bucket), store("table")
    bucket.put("table", b"PAR1 something else PAR1")
    for _ in range(2):  # and asked again, it is looked at again
        with pytest.raises(ServiceUnavailable, match="not as the engine wrote it"):
            cache.open("job", table, ADA, patience=30)
    assert copies(tmp_path) == set()
    bucket.delete("table")
    with pytest.raises(NotFound):
        cache.open("job", table, ADA, patience=30)
    store("table")
    assert isinstance(cache.open("job", table, ADA, patience=30), OpenTable)


def test_what_is_no_table_fails_in_words(tmp_path: Path, bucket: Bucket) -> None:
    content = b"certainly not Parquet"
    bucket.put("table", content)
    digest = hashlib.sha256(content).hexdigest()
    table = StoredFile(key="table", name="t", size=len(content), sha256=digest)
    with pytest.raises(ServiceUnavailable, match="could not be opened"):
        cache_in(tmp_path, bucket).open("job", table, ADA, patience=30)


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
    assert isinstance(cache.open("job", table, ADA, patience=30), OpenTable)
    assert not half.exists()
    half.mkdir()
    os.utime(tmp_path / "old-0123", (time.time() - 601,) * 2)
    cache.start()
    # What other processes of this machine use stays. Looked at once: a listing during a renaming
    # may show neither name, and the next one the new name.
    wait_until(lambda: copies(tmp_path) == {key}, seconds=10)
    assert isinstance(cache_in(tmp_path, bucket).open("job", table, ADA), OpenTable)
    assert bucket.downloads == 1


def test_a_copy_is_dropped_when_nobody_looked_for_long(
    tmp_path: Path, bucket: Bucket, store: Callable[[str], StoredFile]
) -> None:
    cache, table = cache_in(tmp_path, bucket), store("table")
    opened = cache.open("job", table, ADA, patience=30)
    assert isinstance(opened, OpenTable)
    (folder,) = (path for path in tmp_path.iterdir() if path.is_dir())
    cache.sweep()
    assert folder.exists()
    os.utime(folder, (time.time() - 601,) * 2)
    cache.sweep()
    assert not folder.exists()
    # Whoever still reads it reads on; who asks again gets it fetched again.
    assert opened.batches[0].column("record")[0].as_py() == 1
    assert isinstance(cache.open("job", table, ADA, patience=30), OpenTable)
    assert bucket.downloads == 2


def test_using_a_copy_keeps_it(
    tmp_path: Path, bucket: Bucket, store: Callable[[str], StoredFile]
) -> None:
    cache, table = cache_in(tmp_path, bucket), store("table")
    cache.open("job", table, ADA, patience=30)
    (folder,) = (path for path in tmp_path.iterdir() if path.is_dir())
    os.utime(folder, (time.time() - 601,) * 2)
    cache.open("job", table, ADA)
    cache.sweep()
    assert folder.exists()


def test_the_folder_stays_within_its_bytes(
    tmp_path: Path, bucket: Bucket, store: Callable[[str], StoredFile]
) -> None:
    size = store("a").size
    cache = cache_in(tmp_path, bucket, most_bytes=size * GROWTH + size)
    for job in ("a", "b", "c"):
        assert isinstance(cache.open(job, store(job), ADA, patience=30), OpenTable)
        assert [name[0] for name in copies(tmp_path)] == [job]
    with pytest.raises(InvalidRequest, match="too large"):
        cache_in(tmp_path, bucket, most_bytes=size).open("d", store("d"), ADA)


def test_two_processes_share_a_folder(
    tmp_path: Path, bucket: Bucket, store: Callable[[str], StoredFile]
) -> None:
    one, other, table = cache_in(tmp_path, bucket), cache_in(tmp_path, bucket), store("table")
    assert isinstance(one.open("job", table, ADA, patience=30), OpenTable)
    assert isinstance(other.open("job", table, ADA, patience=30), OpenTable)
    assert bucket.downloads == 1
    other.forget("job")
    assert isinstance(one.open("job", table, ADA, patience=30), OpenTable)
    assert bucket.downloads == 2


def test_the_folder_is_closed_to_other_users(
    tmp_path: Path, bucket: Bucket, store: Callable[[str], StoredFile]
) -> None:
    folder = tmp_path / "tables"
    cache_in(folder, bucket).open("job", store("table"), ADA, patience=30)
    assert folder.stat().st_mode & 0o077 == 0


def test_recent_forgets_what_was_not_asked_for_longest() -> None:
    recent, made_of = Recent(70_000), []

    def value(name: str) -> Callable[[], str]:
        return lambda: made_of.append(name) or name  # type: ignore[func-returns-value]

    for name in ("a", "b", "c", "a", "d", "a", "b"):
        assert recent.get(name, value(name)) == name
    assert made_of == ["a", "b", "c", "d", "b"]


def test_what_unpacks_to_much_more_is_refused_and_not_tried_again(
    tmp_path: Path, bucket: Bucket, made: Made, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cache_module, "ANY_TABLE", 4_000_000)
    read = pq.read_table(made.table)
    ids = pa.array([f"{number}{'x' * 40_000}" for number in range(len(read))])
    bomb = read.set_column(read.schema.get_field_index("id"), "id", ids)
    pq.write_table(bomb, tmp_path / "bomb.parquet", compression="zstd")
    table = put(bucket, (tmp_path / "bomb.parquet").read_bytes())
    assert table.size * MOST_GROWTH < 4_000_000 < bomb.nbytes
    folder = tmp_path / "copies"
    cache = cache_in(folder, bucket)
    for _ in range(2):
        with pytest.raises(InvalidRequest, match="too large") as refusal:
            cache.open("job", table, ADA, patience=30)
        assert "Download" in refusal.value.remedy
    assert bucket.downloads == 1
    assert os.listdir(folder) == ["~room.lock"]


def test_room_is_made_for_what_is_written(
    tmp_path: Path,
    bucket: Bucket,
    store: Callable[[str], StoredFile],
    made: Made,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(cache_module, "GROWTH", 1)
    monkeypatch.setattr(cache_module, "LEAST_GROWTH", 1)
    monkeypatch.setattr(cache_module, "_STEP", 0)
    size = store("a").size
    assert isinstance(cache_in(tmp_path, bucket).open("a", store("a"), ADA, patience=30), OpenTable)
    taken = sum(path.stat().st_size for path in tmp_path.glob("a-*/*"))
    assert taken > 1.6 * size
    # As a table it has room beside the other, as a copy it has not.
    cache = cache_in(tmp_path, bucket, most_bytes=taken + size * 3 // 2)
    assert isinstance(cache.open("b", store("b"), ADA, patience=30), OpenTable)
    assert [name[0] for name in copies(tmp_path)] == ["b"]


def test_a_copy_in_the_making_takes_the_room_it_asked_for(
    tmp_path: Path, bucket: Bucket, store: Callable[[str], StoredFile]
) -> None:
    size = store("a").size
    most = size * GROWTH * 3 // 2
    one, other = (cache_in(tmp_path, bucket, most_bytes=most) for _ in range(2))
    bucket.go_on.clear()
    making = one.open("a", store("a"), ADA, patience=0)
    wait_for(lambda: bucket.downloads == 1)
    with pytest.raises(ServiceUnavailable, match="just now"):
        other.open("b", store("b"), ADA, patience=30)
    bucket.go_on.set()
    assert isinstance(making, Preparation)
    assert making.done.wait(30)
    assert isinstance(other.open("b", store("b"), ADA, patience=30), OpenTable)


def test_preparations_take_turns_and_nobody_has_many(
    tmp_path: Path, bucket: Bucket, store: Callable[[str], StoredFile]
) -> None:
    cache = cache_in(tmp_path, bucket)
    bucket.go_on.clear()
    before = threading.active_count()
    for job in ("a", "b", "c", "d"):
        assert isinstance(cache.open(job, store(job), ADA, patience=0), Preparation)
    for job in ("e", "f", "g"):
        assert isinstance(cache.open(job, store(job), BEN, patience=0), Preparation)
    assert threading.active_count() <= before + AT_ONCE
    wait_for(lambda: bucket.downloads == 2)
    bucket.go_on.set()
    wait_for(lambda: {name[0] for name in copies(tmp_path)} == {"a", "b", "e", "f"})
    # Whoever had too many asks again, and it is their turn.
    wait_for(lambda: isinstance(cache.open("c", store("c"), ADA, patience=30), OpenTable))


def test_a_copy_that_goes_while_it_is_read_is_made_again(
    tmp_path: Path,
    bucket: Bucket,
    store: Callable[[str], StoredFile],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    cache, table = cache_in(tmp_path, bucket), store("table")
    opened = cache.open("job", table, ADA, patience=30)
    assert isinstance(opened, OpenTable)
    rows = opened.parquet().read().num_rows
    other = cache_in(tmp_path, bucket)
    moments = iter([lambda: cache.forget("job")])

    def too_late(*args: Any) -> OpenTable:
        next(moments, lambda: None)()
        return OpenTable(*args)

    monkeypatch.setattr(cache_module, "OpenTable", too_late)
    assert isinstance(other.open("job", table, ADA, patience=30), OpenTable)
    assert bucket.downloads == 2
    # And who had it open can still read all of it.
    other.forget("job")
    assert opened.parquet().read().num_rows == rows


def test_what_was_used_meanwhile_is_not_dropped(tmp_path: Path) -> None:
    folder = CopyFolder(tmp_path, most_bytes=MANY)
    with folder.alone("job-1", wait=True), folder.making("job-1") as part:
        (part / "table.parquet").write_bytes(b"a copy")
    assert not folder.drop("job-1", unused_for=600)
    with folder.alone("job-1", wait=True):
        assert not folder.drop("job-1")
    assert copies(tmp_path) == {"job-1"}
    assert folder.drop("job-1")
    assert os.listdir(tmp_path) == []


def test_a_deleted_jobs_copies_are_dropped(
    tmp_path: Path, bucket: Bucket, store: Callable[[str], StoredFile]
) -> None:
    cache = cache_in(tmp_path, bucket)
    for job in ("job", "job2"):
        assert isinstance(cache.open(job, store(job), ADA, patience=30), OpenTable)
    cache.forget("job")
    assert [name.split("-")[0] for name in copies(tmp_path)] == ["job2"]
    bucket.go_on.clear()
    making = cache.open("job", store("job"), ADA, patience=0)
    assert isinstance(making, Preparation)
    cache.forget("job")
    bucket.go_on.set()
    assert making.done.wait(30)
    assert [name.split("-")[0] for name in copies(tmp_path)] == ["job2"]


@pytest.mark.parametrize("how", ["link", "open", "file"])
def test_a_folder_that_others_could_fill_is_not_used(
    tmp_path: Path, bucket: Bucket, store: Callable[[str], StoredFile], how: str
) -> None:
    folder, elsewhere = tmp_path / "tables", tmp_path / "elsewhere"
    elsewhere.mkdir(mode=0o700)
    if how == "link":
        folder.symlink_to(elsewhere)
    elif how == "open":
        folder.mkdir()
        folder.chmod(0o755)
    else:
        folder.write_text("")
    with pytest.raises(ServiceUnavailable, match="cannot be explored"):
        cache_in(folder, bucket).open("job", store("table"), ADA, patience=30)
    assert os.listdir(elsewhere) == []
    assert bucket.downloads == 0


def put(bucket: Bucket, content: bytes) -> StoredFile:
    bucket.put("table", content)
    digest = hashlib.sha256(content).hexdigest()
    return StoredFile(key="table", name="t.parquet", size=len(content), sha256=digest)


def wait_for(condition: Callable[[], bool]) -> None:
    until = time.monotonic() + 30
    while not condition() and time.monotonic() < until:
        time.sleep(0.01)
    assert condition()


def test_a_table_that_just_fits_is_opened(
    tmp_path: Path, bucket: Bucket, store: Callable[[str], StoredFile]
) -> None:
    # How large it gets is found out by unpacking; this one grows less than usual.
    most = store("a").size * LEAST_GROWTH
    assert most < store("a").size * GROWTH
    cache = cache_in(tmp_path, bucket, most_bytes=most)
    assert isinstance(cache.open("a", store("a"), ADA, patience=30), OpenTable)
