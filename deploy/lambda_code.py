"""Puts the zipped functions where CloudFormation fetches them."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError


def upload_code(
    s3: Any, bucket: str, zips: Mapping[str, Path], prefix: str = "lambdas/"
) -> dict[str, str]:
    """Upload zipped functions; the template parameters that name them.

    The function `notify` becomes the parameter `NotifyCodeKey`. A zip's name carries the hash of
    its content (scripts/build_lambdas.py), so what is there already is not sent again.
    """
    keys = {}
    for name, path in zips.items():
        key = prefix + path.name
        try:
            s3.head_object(Bucket=bucket, Key=key)
        except ClientError as fault:
            if fault.response["ResponseMetadata"]["HTTPStatusCode"] != 404:
                raise
            s3.put_object(Bucket=bucket, Key=key, Body=path.read_bytes())
        keys["".join(word.capitalize() for word in name.split("_")) + "CodeKey"] = key
    return keys


def ensure_bucket(s3: Any, bucket: str) -> None:
    """Make a private bucket if it is not there."""
    try:
        s3.head_bucket(Bucket=bucket)
    except ClientError as fault:
        if fault.response["ResponseMetadata"]["HTTPStatusCode"] != 404:
            raise
        region = s3.meta.region_name
        where = (
            {}
            if region == "us-east-1"
            else {"CreateBucketConfiguration": {"LocationConstraint": region}}
        )
        s3.create_bucket(Bucket=bucket, **where)
