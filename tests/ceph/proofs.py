"""What is proven of the gateway beside the contracts of our stores (tests/integration/ports).

Each proof returns what was seen, in a few words, or fails an assertion. Where the gateway differs
from AWS the proof holds on to the difference, so that a newer gateway shows in it.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import httpx
from botocore.exceptions import ClientError

from gas.aws.blobs import S3BlobStore
from gas.aws.clients import AwsClients
from gas.aws.faults import code_of
from gas.object_store import Addressing, Fence, ObjectStore
from gas.ports import SignedPost
from tests.support.waiting import wait_until

KEY = "u/1~genome.vcf"
CONTENT = b"##fileformat=VCFv4.2\n"


@dataclass(frozen=True)
class Gateway:
    """The gateway under proof, and a user of it."""

    url: str
    access_key_id: str
    secret_access_key: str

    @property
    def store(self) -> ObjectStore:
        return ObjectStore(
            url=self.url,
            region="us-east-1",
            access_key_id=self.access_key_id,
            secret_access_key=self.secret_access_key,
            addressing=Addressing.PATH,
            ca_bundle="",
        )

    @property
    def s3(self) -> Any:
        return AwsClients(boto3.Session()).s3(self.store, retried=False)

    def bucket(self, name: str, **options: Any) -> S3BlobStore:
        """A new bucket."""
        self.s3.create_bucket(Bucket=name, **options)
        return S3BlobStore(self.s3, name, fence=Fence.ENTITY_TAG)


def refusal(call: Callable[[], object]) -> str:
    """The error code of a call that must be refused."""
    try:
        call()
    except ClientError as error:
        return code_of(error)
    raise AssertionError("it was not refused")


def signed_posts(gateway: Gateway) -> str:
    """The right form is taken; late, tampered, oversized and wrongly signed ones are refused."""
    blobs = gateway.bucket("proof-posts")
    signed = _sign(blobs, expires_in=600)
    assert _post(signed) == httpx.codes.CREATED
    info = blobs.head(KEY)
    assert info is not None
    assert info.metadata == {"submission": "e30="}
    refused = {
        "late": _post(_sign(blobs, expires_in=-600)),
        "another key": _post(signed, {"key": "u/2~genome.vcf"}),
        "another submission": _post(signed, {"x-amz-meta-submission": "e31="}),
        "public": _post(signed, {"acl": "public-read"}),
        "too large": _post(signed, content=bytes(1001)),
        "empty": _post(signed, content=b""),
        "wrong signature": _post(signed, {"x-amz-signature": "0" * 64}),
    }
    wrong = {name: status for name, status in refused.items() if not 400 <= status < 500}
    assert not wrong, wrong
    unsent = {
        name: value for name, value in signed.fields.items() if name != "x-amz-meta-submission"
    }
    assert 400 <= _post(SignedPost(signed.url, unsent)) < 500
    return f"201; refused: {', '.join(f'{name} {status}' for name, status in refused.items())}"


def reading(gateway: Gateway) -> str:
    """Ranges, links that expire, conditional reads."""
    blobs = gateway.bucket("proof-reading")
    gateway.s3.put_object(Bucket=blobs.bucket, Key=KEY, Body=b"0123456789")
    assert blobs.read(KEY, start=2, length=3) == b"234"
    link = blobs.sign_get(KEY, expires_in=60, file_name="a.vcf", content_type="text/plain")
    answer = httpx.get(link, headers={"Range": "bytes=-4"})
    assert (answer.status_code, answer.content) == (206, b"6789")
    late = blobs.sign_get(KEY, expires_in=1, file_name="a.vcf", content_type="text/plain")
    wait_until(lambda: httpx.get(late).status_code == httpx.codes.FORBIDDEN, seconds=20)
    week = blobs.sign_get(KEY, expires_in=7 * 86400, file_name="a.vcf", content_type="text/plain")
    assert httpx.get(week).status_code == httpx.codes.OK
    assert httpx.get(link.replace("1~genome", "2~genome")).status_code == httpx.codes.FORBIDDEN
    return "ranges 206; a link of a second expires (403), one of seven days works"


def tags_and_metadata(gateway: Gateway) -> str:
    """Tags and metadata: stored, shown, changed."""
    blobs, s3 = gateway.bucket("proof-tags"), gateway.s3
    where = {"Bucket": blobs.bucket, "Key": KEY}
    s3.put_object(**where, Body=b"x", Tagging="pg=1&site=north", Metadata={"sample": "HG002"})
    s3.put_object_tagging(**where, Tagging={"TagSet": [{"Key": "pg", "Value": "2"}]})
    assert s3.get_object_tagging(**where)["TagSet"] == [{"Key": "pg", "Value": "2"}]
    assert s3.head_object(**where)["Metadata"] == {"sample": "HG002"}
    blobs.copy(KEY, KEY, metadata={"sample": "HG003"})
    assert s3.head_object(**where)["Metadata"] == {"sample": "HG003"}
    return "set at the upload, changed afterwards"


def object_lock(gateway: Gateway) -> str:
    """What is locked can neither be deleted nor overwritten until its time is over."""
    blobs, s3 = gateway.bucket("proof-lock", ObjectLockEnabledForBucket=True), gateway.s3
    until = datetime.now(UTC) + timedelta(seconds=8)
    where = {"Bucket": blobs.bucket, "Key": KEY}
    locked = {"ObjectLockMode": "COMPLIANCE", "ObjectLockRetainUntilDate": until}
    version = s3.put_object(**where, Body=b"first", **locked)["VersionId"]
    refused = refusal(lambda: s3.delete_object(**where, VersionId=version))
    assert refused == "AccessDenied"
    earlier = {"Mode": "COMPLIANCE", "RetainUntilDate": datetime.now(UTC)}
    assert refusal(lambda: s3.put_object_retention(**where, VersionId=version, Retention=earlier))
    s3.put_object(**where, Body=b"second")
    assert s3.get_object(**where, VersionId=version)["Body"].read() == b"first"

    def deleted() -> bool:
        try:
            s3.delete_object(**where, VersionId=version)
        except ClientError:
            return False
        return True

    wait_until(deleted, seconds=30)
    return "AccessDenied while locked; an overwritten one stays as a version; deleted afterwards"


def conditions(gateway: Gateway) -> str:
    """Which conditional writes there are: why deleting needs versions here (decision 24)."""
    s3 = gateway.s3
    blobs = gateway.bucket("proof-conditions")
    where = {"Bucket": blobs.bucket, "Key": KEY}
    s3.put_object(**where, Body=b"x")
    assert refusal(lambda: s3.put_object(**where, Body=b"y", IfNoneMatch="*")) == (
        "PreconditionFailed"
    )
    blobs.delete(KEY, if_etag="0" * 32)
    assert blobs.head(KEY) is None, "DeleteObject knows If-Match now: the fence may be entity_tag"
    return "PutObject If-None-Match: 412; DeleteObject If-Match: IGNORED, deletes all the same"


def fence(gateway: Gateway) -> str:
    """With versions, what took the place of the object that was seen is never deleted."""
    s3 = gateway.s3
    blobs = gateway.bucket("proof-fence")
    s3.put_bucket_versioning(Bucket=blobs.bucket, VersioningConfiguration={"Status": "Enabled"})
    fenced = S3BlobStore(s3, blobs.bucket, fence=Fence.VERSION)
    where = {"Bucket": blobs.bucket, "Key": KEY}
    old = s3.put_object(**where, Body=b"old")["ETag"].strip('"')
    new = s3.put_object(**where, Body=b"new")["ETag"].strip('"')
    assert not fenced.delete(KEY, if_etag=old)
    assert fenced.read(KEY, start=0, length=9) == b"new"
    assert fenced.delete(KEY, if_etag=new)
    left = s3.list_object_versions(Bucket=blobs.bucket)
    assert not left.get("Versions"), left
    assert not left.get("DeleteMarkers"), left
    return "the newer object stays; after the deletion no version and no marker is left"


def cold_class(gateway: Gateway) -> str:
    """No Glacier: archives go into a bucket (GAS_COLD_STORE=bucket)."""
    blobs, s3 = gateway.bucket("proof-cold"), gateway.s3
    where = {"Bucket": blobs.bucket, "Key": KEY}
    put = refusal(lambda: s3.put_object(**where, Body=b"x", StorageClass="GLACIER"))
    s3.put_object(**where, Body=b"x")
    restore = refusal(lambda: s3.restore_object(**where, RestoreRequest={"Days": 1}))
    return f"storage class GLACIER: {put}; RestoreObject: {restore}"


def limited_user(gateway: Gateway, user: Gateway, name: str) -> str:
    """A user with keys of their own sees what a bucket's policy gives, and no more."""
    claimed = gateway.bucket("proof-claimed")
    other = gateway.bucket("proof-other")
    for blobs in (claimed, other):
        gateway.s3.put_object(Bucket=blobs.bucket, Key="runs/1.vcf", Body=CONTENT)
    gateway.s3.put_bucket_policy(Bucket=claimed.bucket, Policy=_reader(claimed.bucket, name))
    listed = user.s3.list_objects_v2(Bucket=claimed.bucket)["Contents"]
    assert [each["Key"] for each in listed] == ["runs/1.vcf"]
    got = user.s3.get_object(Bucket=claimed.bucket, Key="runs/1.vcf")["Body"].read()
    assert got == CONTENT
    for refused in (
        lambda: user.s3.put_object(Bucket=claimed.bucket, Key="x", Body=b"x"),
        lambda: user.s3.delete_object(Bucket=claimed.bucket, Key="runs/1.vcf"),
        lambda: user.s3.list_objects_v2(Bucket=other.bucket),
        lambda: user.s3.get_object(Bucket=other.bucket, Key="runs/1.vcf"),
    ):
        assert refusal(refused) == "AccessDenied"
    return "lists and gets in its bucket; writing, deleting and other buckets: AccessDenied"


def encryption_by_default(gateway: Gateway) -> str:
    """What the gateway encrypts with its own key it cannot copy: our copies go around that."""
    blobs, s3 = gateway.bucket("proof-encrypted"), gateway.s3
    s3.put_object(Bucket=blobs.bucket, Key=KEY, Body=CONTENT)
    source = {"Bucket": blobs.bucket, "Key": KEY}
    refused = refusal(lambda: s3.copy_object(Bucket=blobs.bucket, Key="c", CopySource=source))
    assert refused == "NotImplemented"
    blobs.copy(KEY, "copy", metadata={"submission": "e30="})
    assert blobs.read("copy", start=0, length=99) == CONTENT
    info = blobs.head("copy")
    assert info is not None
    assert info.metadata == {"submission": "e30="}
    return "read back; CopyObject: NotImplemented, our copy by way of the service works"


def _sign(blobs: S3BlobStore, *, expires_in: int) -> SignedPost:
    return blobs.sign_post(
        KEY,
        min_bytes=1,
        max_bytes=1000,
        expires_in=expires_in,
        metadata={"submission": "e30="},
        redirect_to=None,
    )


def _post(
    signed: SignedPost, changed: Mapping[str, str] | None = None, *, content: bytes = CONTENT
) -> int:
    """The status of the answer to the form, with fields changed behind the signature."""
    fields: Mapping[str, str] = {**signed.fields, **(changed or {})}
    return httpx.post(signed.url, data=dict(fields), files={"file": ("f", content)}).status_code


def _reader(bucket: str, user: str) -> str:

    principal = {"AWS": [f"arn:aws:iam:::user/{user}"]}
    arn = f"arn:aws:s3:::{bucket}"
    return json.dumps(
        {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Effect": "Allow",
                    "Principal": principal,
                    "Action": ["s3:ListBucket", "s3:GetObject"],
                    "Resource": [arn, f"{arn}/*"],
                }
            ],
        }
    )
