"""What can be done with vaults, operation by operation."""

from __future__ import annotations

import json
import re
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from aiohttp import web

from local.cloud.s3_read import slice_of
from local.cloud.settings import ACCOUNT
from local.cloud.vault.bodies import TREE, take, tree_header
from local.cloud.vault.jobs import VaultJobs, timestamp
from local.cloud.vault.listings import archive_list, listed, part_list, shown_vault, upload_list
from local.cloud.vault.refusals import invalid, not_found
from local.cloud.vault.requests import DESCRIPTION, VaultRequest
from local.cloud.vault.store import VaultStore
from local.cloud.vault.tree import root_of_range

CONTENT_RANGE = re.compile(r"bytes (\d+)-(\d+)/\*$")

Operation = Callable[[VaultRequest], Awaitable[web.StreamResponse]]


class VaultOperations:
    """Fulfils requests that were let in."""

    def __init__(self, store: VaultStore, jobs: VaultJobs) -> None:
        self._store = store
        self._jobs = jobs

    def by_name(self) -> Mapping[str, Operation]:
        """Who answers which operation."""
        return {
            "ListVaults": self.list_vaults,
            "CreateVault": self.create_vault,
            "DescribeVault": self.describe_vault,
            "DeleteVault": self.delete_vault,
            "UploadArchive": self.upload_archive,
            "DeleteArchive": self.delete_archive,
            "InitiateMultipartUpload": self.begin_upload,
            "ListMultipartUploads": self.list_uploads,
            "UploadMultipartPart": self.upload_part,
            "CompleteMultipartUpload": self.complete_upload,
            "AbortMultipartUpload": self.abort_upload,
            "ListParts": self.list_parts,
            "InitiateJob": self.begin_job,
            "ListJobs": self.list_jobs,
            "DescribeJob": self.describe_job,
            "GetJobOutput": self.job_output,
        }

    # vaults

    async def create_vault(self, call: VaultRequest) -> web.StreamResponse:
        await self._store.create(call.vault)
        return web.Response(status=201, headers={"Location": f"/{ACCOUNT}/vaults/{call.vault}"})

    async def describe_vault(self, call: VaultRequest) -> web.StreamResponse:
        created = self._store.require(call.vault)
        return web.json_response(shown_vault(call.vault, created, self._store))

    async def list_vaults(self, call: VaultRequest) -> web.StreamResponse:
        shown = [shown_vault(name, created, self._store) for name, created in self._store.vaults()]
        return listed("VaultList", shown, "VaultARN", call.query)

    async def delete_vault(self, call: VaultRequest) -> web.StreamResponse:
        await self._store.remove(call.vault)
        return web.Response(status=204)

    # archives

    async def upload_archive(self, call: VaultRequest) -> web.StreamResponse:
        tree_header(call)
        description = call.description()
        taken = await take(call, self._store)
        archive = await self._store.add(call.vault, description, [taken])
        return self._stored(call, archive.id, archive.tree)

    async def delete_archive(self, call: VaultRequest) -> web.StreamResponse:
        archive = self._store.archive(call.vault, call.id)
        if archive is not None:
            await self._store.delete(archive)
        return web.Response(status=204)

    def _stored(self, call: VaultRequest, archive_id: str, tree: str) -> web.Response:
        location = f"/{ACCOUNT}/vaults/{call.vault}/archives/{archive_id}"
        headers = {"x-amz-archive-id": archive_id, TREE: tree, "Location": location}
        return web.Response(status=201, headers=headers)

    # uploads in parts

    async def begin_upload(self, call: VaultRequest) -> web.StreamResponse:
        part_size = call.header("x-amz-part-size")
        if not part_size.isdigit():
            raise invalid(f"Invalid part size: {part_size}")
        upload = await self._store.begin(call.vault, call.description(), int(part_size))
        location = f"/{ACCOUNT}/vaults/{call.vault}/multipart-uploads/{upload.id}"
        headers = {"x-amz-multipart-upload-id": upload.id, "Location": location}
        return web.Response(status=201, headers=headers)

    async def upload_part(self, call: VaultRequest) -> web.StreamResponse:
        upload = self._store.upload(call.vault, call.id)
        found = CONTENT_RANGE.match(call.header("Content-Range"))
        start, last = (int(found[1]), int(found[2])) if found else (1, 0)
        length = last - start + 1
        if start % upload.part_size or not 0 < length <= upload.part_size:
            raise invalid("Content-Range is no part of this upload.")
        if call.request.content_length not in (None, length):
            raise invalid("Content-Range incompatible with Content-Length.")
        tree = tree_header(call)
        taken = await take(call, self._store, length)
        await self._store.keep_part(upload, start, taken)
        return web.Response(status=204, headers={TREE: tree})

    async def complete_upload(self, call: VaultRequest) -> web.StreamResponse:
        upload = self._store.upload(call.vault, call.id)
        size = call.header("x-amz-archive-size")
        if not size.isdigit():
            raise invalid(f"Invalid archive size: {size}")
        archive = await self._store.complete(upload, int(size), tree_header(call))
        return self._stored(call, archive.id, archive.tree)

    async def abort_upload(self, call: VaultRequest) -> web.StreamResponse:
        await self._store.abort(self._store.upload(call.vault, call.id))
        return web.Response(status=204)

    async def list_uploads(self, call: VaultRequest) -> web.StreamResponse:
        return upload_list(self._store.uploads(call.vault), call.query)

    async def list_parts(self, call: VaultRequest) -> web.StreamResponse:
        upload = self._store.upload(call.vault, call.id)
        return part_list(upload, self._store.parts(upload), call.query)

    # jobs

    async def begin_job(self, call: VaultRequest) -> web.StreamResponse:
        try:
            wanted: Any = json.loads(call.body or b"{}")
        except ValueError:
            raise invalid("The body is no JSON.") from None
        if not isinstance(wanted, dict) or not DESCRIPTION.match(wanted.get("Description") or ""):
            raise invalid("Invalid job parameters")
        job = await self._jobs.begin(call.vault, wanted)
        location = f"/{ACCOUNT}/vaults/{call.vault}/jobs/{job.id}"
        headers = {"x-amz-job-id": job.id, "Location": location}
        return web.Response(status=202, headers=headers)

    async def describe_job(self, call: VaultRequest) -> web.StreamResponse:
        return web.json_response(self._jobs.described(self._jobs.job(call.vault, call.id)))

    async def list_jobs(self, call: VaultRequest) -> web.StreamResponse:
        shown = [self._jobs.described(job) for job in self._jobs.jobs(call.vault)]
        for name, field in (("completed", "Completed"), ("statuscode", "StatusCode")):
            if name in call.query:
                wanted = call.query[name].lower()
                shown = [each for each in shown if str(each[field]).lower() == wanted]
        return listed("JobList", shown, "JobId", call.query)

    async def job_output(self, call: VaultRequest) -> web.StreamResponse:
        job = self._jobs.job(call.vault, call.id)
        if not job.is_completed:
            raise invalid(f"The job is not currently available for download: {job.id}")
        if job.action == "InventoryRetrieval":
            inventory = archive_list(job.vault, timestamp(job.ready), self._store)
            return web.json_response(inventory)
        archive = self._jobs.archive_of(job)
        if archive is None:
            raise not_found(f"The archive of the job is gone: {job.id}")
        part = slice_of(call.request.headers.get("Range", ""), archive.size)
        if part is None:
            raise invalid("The archive has not these bytes.")
        headers = {"Content-Type": "application/octet-stream", "Accept-Ranges": "bytes"}
        headers["Content-Length"] = str(part.length)
        headers["x-amz-archive-description"] = archive.description
        tree = root_of_range(archive.leaves, archive.size, part.start, part.length)
        if tree:
            headers[TREE] = tree
        if part.partial:
            last = part.start + part.length - 1
            headers["Content-Range"] = f"bytes {part.start}-{last}/{archive.size}"
        response = web.StreamResponse(status=206 if part.partial else 200, headers=headers)
        await response.prepare(call.request)
        async for data in self._store.read(archive, part.start, part.length):
            await response.write(data)
        await response.write_eof()
        return response
