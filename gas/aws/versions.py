"""Deleting in buckets that keep versions: exactly what was seen, and nothing that came later.

Actions on the bucket: `s3:ListBucketVersions`; on its objects: `s3:DeleteObjectVersion`.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_s3.type_defs import DeleteMarkerEntryTypeDef, ObjectVersionTypeDef


def delete_versions(client: "S3Client", bucket: str, key: str, *, if_etag: str | None) -> bool:
    """Delete every version of `key` that is there now. False if the latest has another tag.

    A version that is stored after the look has an id that was not seen: it stays.
    """
    versions = _versions(client, bucket, key)
    latest = next((each for each in versions if each["IsLatest"]), None)
    tag = (latest or {}).get("ETag")
    if if_etag is not None and tag is not None and str(tag).strip('"') != if_etag:
        return False
    # The latest goes last: nobody sees an older one come up under the key meanwhile.
    for each in sorted(versions, key=lambda each: each["IsLatest"]):
        client.delete_object(Bucket=bucket, Key=key, VersionId=each["VersionId"])
    return True


def _versions(
    client: "S3Client", bucket: str, key: str
) -> list["ObjectVersionTypeDef | DeleteMarkerEntryTypeDef"]:
    found: list[ObjectVersionTypeDef | DeleteMarkerEntryTypeDef] = []
    pages = client.get_paginator("list_object_versions").paginate(Bucket=bucket, Prefix=key)
    for page in pages:
        found += [each for each in page.get("Versions", []) if each["Key"] == key]
        found += [each for each in page.get("DeleteMarkers", []) if each["Key"] == key]
    return found
