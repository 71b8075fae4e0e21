"""What vaults hold, as Glacier shows it: pages of a limit and a marker."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from aiohttp import web

from local.cloud.vault.jobs import timestamp
from local.cloud.vault.refusals import arn_of, invalid
from local.cloud.vault.store import Taken, Upload, VaultStore
from local.cloud.vault.tree import root

Shown = dict[str, Any]
LARGEST_PAGE = 1000


def listed(
    name: str, shown: Sequence[Shown], key: str, query: Mapping[str, str], **more: Any
) -> web.Response:
    """One page of a listing. The marker of the next one is the ``key`` of its first entry.

    Raises
    ------
    Refusal
        Limit or marker is none.
    """
    limit = query.get("limit", str(LARGEST_PAGE))
    if not limit.isdigit() or not 1 <= int(limit) <= LARGEST_PAGE:
        raise invalid(f"Invalid limit: {limit}")
    marker = query.get("marker", "")
    places = [at for at, each in enumerate(shown) if str(each[key]) == marker] if marker else [0]
    if not places:
        raise invalid(f"Invalid marker: {marker}")
    page = shown[places[0] : places[0] + int(limit)]
    rest = shown[places[0] + int(limit) :]
    following = str(rest[0][key]) if rest else None
    return web.json_response({**more, name: list(page), "Marker": following})


def shown_vault(name: str, created: float, store: VaultStore) -> Shown:
    """A vault."""
    number, size = store.summed(name)
    return {
        "VaultName": name,
        "VaultARN": arn_of(name),
        "CreationDate": timestamp(created),
        "LastInventoryDate": None,
        "NumberOfArchives": number,
        "SizeInBytes": size,
    }


def archive_list(vault: str, at: str, store: VaultStore) -> Shown:
    """The inventory of a vault."""
    archives = [
        {
            "ArchiveId": each.id,
            "ArchiveDescription": each.description,
            "CreationDate": timestamp(each.created),
            "Size": each.size,
            "SHA256TreeHash": each.tree,
        }
        for each in store.archives(vault)
    ]
    return {"VaultARN": arn_of(vault), "InventoryDate": at, "ArchiveList": archives}


def upload_list(uploads: Sequence[Upload], query: Mapping[str, str]) -> web.Response:
    """The uploads of a vault that go on."""
    shown = [{**_shown_upload(each), "VaultARN": arn_of(each.vault)} for each in uploads]
    return listed("UploadsList", shown, "MultipartUploadId", query)


def part_list(
    upload: Upload, parts: Sequence[tuple[int, Taken]], query: Mapping[str, str]
) -> web.Response:
    """The parts that have come so far."""
    shown = [
        {
            "RangeInBytes": f"{start}-{start + part.size - 1}",
            "SHA256TreeHash": root(part.leaves).hex(),
        }
        for start, part in parts
    ]
    whole = {**_shown_upload(upload), "VaultARN": arn_of(upload.vault)}
    return listed("Parts", shown, "RangeInBytes", query, **whole)


def _shown_upload(upload: Upload) -> Shown:
    return {
        "MultipartUploadId": upload.id,
        "ArchiveDescription": upload.description,
        "PartSizeInBytes": upload.part_size,
        "CreationDate": timestamp(upload.created),
    }
