"""Vaults, archives and unfinished uploads: rows of the journal, bytes in files.

Files are on disk before a row names them, and rows before anybody is answered. A file that no row
names is what a crash left behind, and removed at the next start.
"""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

from local.cloud.blobs import Sink, read_files
from local.cloud.journal import Journal, Row, Statement
from local.cloud.vault.refusals import invalid, no_vault, not_found
from local.cloud.vault.tree import LEAF, TreeHash, root

ARCHIVE_ID_BYTES = 103
UPLOAD_ID_BYTES = 69
LARGEST_PART = 4096 * LEAF
MOST_PARTS = 10_000
ARCHIVE = "id, vault, description, created, size, leaves, files"


@dataclass(frozen=True)
class Taken:
    """A body that is on disk."""

    file: str
    size: int
    leaves: bytes


@dataclass(frozen=True)
class Archive:
    """An archive in a vault."""

    id: str
    vault: str
    description: str
    created: float
    size: int
    leaves: bytes
    files: tuple[str, ...]

    @property
    def tree(self) -> str:
        return root(self.leaves).hex()


@dataclass(frozen=True)
class Upload:
    """An upload in parts that goes on."""

    id: str
    vault: str
    description: str
    part_size: int
    created: float


class VaultStore:
    """What is in the vaults."""

    def __init__(self, folder: Path, journal: Journal) -> None:
        self._folder = folder
        self._journal = journal

    def drop_strays(self) -> None:
        """Remove files that no row names. Only while nobody uploads."""
        kept = {name for (files,) in self._journal.read("SELECT files FROM vault_archives")
                for name in json.loads(files)}  # fmt: skip
        kept |= {name for (name,) in self._journal.read("SELECT file FROM vault_parts")}
        for path in self._folder.iterdir():
            if path.name not in kept:
                path.unlink()

    def sink(self, tree: TreeHash) -> Sink:
        """Where a body goes that is hashed on the way."""
        return Sink(self._folder, ["sha256"], {"tree": tree})

    # vaults

    async def create(self, vault: str) -> None:
        await self._journal.write(("INSERT OR IGNORE INTO vaults VALUES (?, ?)", (vault, now())))

    def vaults(self) -> list[tuple[str, float]]:
        """Names and times of creation, by name."""
        rows = self._journal.read("SELECT name, created FROM vaults ORDER BY name")
        return [(str(name), float(created)) for name, created in rows]

    def require(self, vault: str) -> float:
        """When a vault was made.

        Raises
        ------
        Refusal
            There is none of this name.
        """
        rows = self._journal.read("SELECT created FROM vaults WHERE name = ?", (vault,))
        if not rows:
            raise no_vault(vault)
        return float(rows[0][0])

    def summed(self, vault: str) -> tuple[int, int]:
        """Number and total size of a vault's archives."""
        found = self._journal.read(
            "SELECT count(*), coalesce(sum(size), 0) FROM vault_archives WHERE vault = ?", (vault,)
        )
        return int(found[0][0]), int(found[0][1])

    async def remove(self, vault: str) -> None:
        """Delete an empty vault.

        Raises
        ------
        Refusal
            It is not empty.
        """
        if self.summed(vault)[0]:
            raise invalid(f"Vault not empty or recently written to: {vault}")
        for upload in self.uploads(vault):
            await self.abort(upload)
        await self._journal.write(
            ("DELETE FROM vaults WHERE name = ?", (vault,)),
            ("DELETE FROM vault_jobs WHERE vault = ?", (vault,)),
        )

    # archives

    async def add(
        self, vault: str, description: str, taken: list[Taken], *also: Statement
    ) -> Archive:
        """Make an archive of bodies that are on disk; ``also`` is written with it."""
        archive = Archive(
            id=secrets.token_urlsafe(ARCHIVE_ID_BYTES),
            vault=vault,
            description=description,
            created=now(),
            size=sum(one.size for one in taken),
            leaves=b"".join(one.leaves for one in taken),
            files=tuple(one.file for one in taken),
        )
        await self._journal.write(_insertion(archive), *also)
        return archive

    def archive(self, vault: str, archive_id: str) -> Archive | None:
        rows = self._journal.read(
            f"SELECT {ARCHIVE} FROM vault_archives WHERE vault = ? AND id = ?",  # noqa: S608
            (vault, archive_id),
        )
        return _archive(rows[0]) if rows else None

    def archives(self, vault: str) -> list[Archive]:
        rows = self._journal.read(
            f"SELECT {ARCHIVE} FROM vault_archives WHERE vault = ? ORDER BY created",  # noqa: S608
            (vault,),
        )
        return [_archive(row) for row in rows]

    async def delete(self, archive: Archive) -> None:
        await self._journal.write(("DELETE FROM vault_archives WHERE id = ?", (archive.id,)))
        self._unlink(archive.files)

    def read(self, archive: Archive, start: int, length: int) -> AsyncIterator[bytes]:
        """The bytes of an archive, from ``start`` (0-based), in pieces."""
        return read_files(self._folder, archive.files, start, length)

    # uploads in parts

    async def begin(self, vault: str, description: str, part_size: int) -> Upload:
        is_power = part_size > 0 and part_size & (part_size - 1) == 0
        if not is_power or not LEAF <= part_size <= LARGEST_PART:
            raise invalid("Invalid part size: it must be a power of two between 1 MiB and 4 GiB.")
        upload = Upload(
            secrets.token_urlsafe(UPLOAD_ID_BYTES), vault, description, part_size, now()
        )
        values = (upload.id, vault, description, part_size, upload.created)
        await self._journal.write(("INSERT INTO vault_uploads VALUES (?, ?, ?, ?, ?)", values))
        return upload

    def upload(self, vault: str, upload_id: str) -> Upload:
        """An upload that goes on.

        Raises
        ------
        Refusal
            There is none with this id.
        """
        rows = self._journal.read(
            "SELECT * FROM vault_uploads WHERE id = ? AND vault = ?", (upload_id, vault)
        )
        if not rows:
            raise not_found(f"The upload ID was not found: {upload_id}")
        return Upload(*rows[0])

    def uploads(self, vault: str) -> list[Upload]:
        rows = self._journal.read(
            "SELECT * FROM vault_uploads WHERE vault = ? ORDER BY created", (vault,)
        )
        return [Upload(*row) for row in rows]

    async def keep_part(self, upload: Upload, start: int, taken: Taken) -> None:
        """Keep a part; one that began at the same byte is replaced."""
        replaced = [one.file for at, one in self.parts(upload) if at == start]
        values = (upload.id, start, taken.size, taken.file, taken.leaves)
        await self._journal.write(
            ("INSERT OR REPLACE INTO vault_parts VALUES (?, ?, ?, ?, ?)", values)
        )
        self._unlink(tuple(replaced))

    def parts(self, upload: Upload) -> list[tuple[int, Taken]]:
        """The parts of an upload and where they begin, in order."""
        rows = self._journal.read(
            "SELECT start, file, size, leaves FROM vault_parts WHERE upload = ? ORDER BY start",
            (upload.id,),
        )
        return [(row[0], Taken(*row[1:])) for row in rows]

    async def complete(self, upload: Upload, size: int, tree: str) -> Archive:
        """Make an archive of the parts.

        Raises
        ------
        Refusal
            A part is missing, or size or tree hash are others than the client says.
        """
        parts = self.parts(upload)
        at = 0
        for start, part in parts:
            whole = start == at and part.size == upload.part_size
            if not whole and not (start == at and start == parts[-1][0]):
                raise invalid(f"Missing bytes from {at}.")
            at += part.size
        if at != size or not parts or len(parts) > MOST_PARTS:
            raise invalid(f"Total archive size mismatch: expected {size} but computed {at}")
        leaves = b"".join(part.leaves for _, part in parts)
        if root(leaves).hex() != tree:
            raise invalid(f"Checksum mismatch: expected {tree} but computed {root(leaves).hex()}")
        taken = [part for _, part in parts]
        return await self.add(upload.vault, upload.description, taken, *_forgetting(upload))

    async def abort(self, upload: Upload) -> None:
        parts = self.parts(upload)
        await self._journal.write(*_forgetting(upload))
        self._unlink(tuple(part.file for _, part in parts))

    def _unlink(self, files: tuple[str, ...]) -> None:
        for name in files:
            (self._folder / name).unlink(missing_ok=True)


def now() -> float:
    return time.time()


def _forgetting(upload: Upload) -> tuple[Statement, ...]:
    return (
        ("DELETE FROM vault_uploads WHERE id = ?", (upload.id,)),
        ("DELETE FROM vault_parts WHERE upload = ?", (upload.id,)),
    )


def _insertion(archive: Archive) -> Statement:
    values = (
        archive.id,
        archive.vault,
        archive.description,
        archive.created,
        archive.size,
        archive.leaves,
        json.dumps(archive.files),
    )
    return "INSERT INTO vault_archives VALUES (?, ?, ?, ?, ?, ?, ?)", values


def _archive(row: Row) -> Archive:
    archive_id, vault, description, created, size, leaves, files = row
    return Archive(archive_id, vault, description, created, size, leaves, tuple(json.loads(files)))
