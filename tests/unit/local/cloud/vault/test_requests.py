"""Which request is for which operation on a vault."""

from __future__ import annotations

import pytest

from local.cloud.vault.refusals import Refusal
from local.cloud.vault.requests import Target, read_target


@pytest.mark.parametrize(
    ("method", "path", "operation", "found_id"),
    [
        ("GET", "/-/vaults", "ListVaults", ""),
        ("PUT", "/000000000000/vaults/v", "CreateVault", ""),
        ("DELETE", "/-/vaults/v/", "DeleteVault", ""),
        ("POST", "/-/vaults/v/archives", "UploadArchive", ""),
        ("DELETE", "/-/vaults/v/archives/a-_%41", "DeleteArchive", "a-_A"),
        ("PUT", "/-/vaults/v/multipart-uploads/u", "UploadMultipartPart", "u"),
        ("GET", "/-/vaults/v/jobs", "ListJobs", ""),
        ("GET", "/-/vaults/v/jobs/j", "DescribeJob", "j"),
        ("GET", "/-/vaults/v/jobs/j/output", "GetJobOutput", "j"),
    ],
)
def test_operations(method: str, path: str, operation: str, found_id: str) -> None:
    vault = "" if operation == "ListVaults" else "v"
    assert read_target(method, path) == Target(operation, vault, found_id)


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/123456789012/vaults/v", 404),
        ("GET", "/-/elsewhere", 404),
        ("GET", "/-/vaults/a%2Fb", 400),
        ("GET", "/-/vaults/v/access-policy", 501),
        ("POST", "/-/vaults/v", 501),
        ("GET", "/-/vaults/v/jobs/j/output/more", 501),
    ],
)
def test_what_there_is_not(method: str, path: str, status: int) -> None:
    with pytest.raises(Refusal) as refusal:
        read_target(method, path)
    assert refusal.value.status == status
