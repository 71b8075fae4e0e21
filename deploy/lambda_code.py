"""Puts zipped functions and long templates where CloudFormation fetches them."""

import hashlib
from collections.abc import Callable, Mapping
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


def template_store(s3: Any, bucket: str) -> Callable[[str], str]:
    """A function that stores a template in `bucket` and returns its S3 address.

    The key is a hash of the text: what a stack was made of stays readable at its address.
    """

    def store(body: str) -> str:
        data = body.encode()
        key = f"templates/{hashlib.sha256(data).hexdigest()}.yaml"
        s3.put_object(Bucket=bucket, Key=key, Body=data)
        return f"{s3.meta.endpoint_url}/{bucket}/{key}"

    return store


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
