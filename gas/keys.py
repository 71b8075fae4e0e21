"""S3 keys: `{prefix}{user_id}/{job_id}~{file name}`, built and parsed in this one place.

The server chooses every key, in ASCII; the name the user gave the file is kept as data.
"""

import re
import unicodedata
from dataclasses import dataclass
from secrets import token_hex

from gas.errors import InvalidUpload

_UUID = r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
_KEY = re.compile(rf"(?P<user_id>{_UUID})/(?P<job_id>{_UUID})~(?P<name>[A-Za-z0-9._-]{{1,128}})\Z")
_ARCHIVE = re.compile(rf"{_UUID}/{_UUID}~[a-z_]{{1,32}}~[0-9a-f]{{16}}\Z")
_SUFFIX = re.compile(r"\.vcf(\.gz|\.bgz|\.bgzf)?\Z|\.(gz|bgz|bgzf|bcf|txt)\Z", re.IGNORECASE)
_MAX_NAME = 100
_MAX_OWN_BYTES = 200
# What file systems or browsers would not leave in a name.
_UNFIT = re.compile(r'[\x00-\x1f\x7f<>:"|?*]')


@dataclass(frozen=True)
class ObjectKey:
    """The parts of a key that belongs to a job."""

    user_id: str
    job_id: str
    name: str


def ascii_name(file_name: str) -> str:
    """`file_name` reduced to what is safe in a key, a header and a shell: ASCII, no folders.

    The ending is kept when a long name is cut, because it says how to read the file.
    """
    base = file_name.replace("\\", "/").rsplit("/", 1)[-1]
    suffix = _SUFFIX.search(base)
    ending = suffix.group(0) if suffix else ""
    plain = unicodedata.normalize("NFKD", base.removesuffix(ending)).encode("ascii", "ignore")
    stem = re.sub(r"[^A-Za-z0-9._-]+", "_", plain.decode()).strip("._-") or "upload"
    return stem[: _MAX_NAME - len(ending)] + (ending or ("" if stem != "upload" else ".vcf"))


def stem_of(file_name: str) -> str:
    """`NAME` of `NAME.vcf`, `NAME.vcf.gz`, `NAME.VCF.BGZ`, …: what result files are named after."""
    name = ascii_name(file_name)
    stem = _SUFFIX.sub("", name)
    return stem or name


def own_stem(file_name: str) -> str:
    """`NAME` in the user's own letters: what result files are called for the user.

    The engine writes them under these names, so that the receipt names them as they are downloaded.
    """
    base = file_name.replace("\\", "/").rsplit("/", 1)[-1]
    own = _UNFIT.sub("_", _SUFFIX.sub("", base) or base)
    return own.encode("utf-8", "replace")[:_MAX_OWN_BYTES].decode("utf-8", "ignore")


def stored_name(input_name: str, result_name: str) -> str:
    """What a result file is called in its key: `result_name` with the name in ASCII."""
    return stem_of(input_name) + result_name.removeprefix(own_stem(input_name))


def result_name(input_name: str, stored_name: str) -> str:
    """What a stored result file is called for its user: after the input, in their own letters."""
    return own_stem(input_name) + stored_name.removeprefix(stem_of(input_name))


def input_key(prefix: str, user_id: str, job_id: str, file_name: str) -> str:
    """The key under which the input of a job is uploaded."""
    return build_key(prefix, user_id, job_id, ascii_name(file_name))


def build_key(prefix: str, user_id: str, job_id: str, name: str) -> str:
    """The key of a file of a job. `name` is one of ours already (ASCII, no folder)."""
    key = f"{user_id}/{job_id}~{name}"
    if not _KEY.match(key):
        raise ValueError(f"not a valid object key: {key!r}")
    return prefix + key


def user_prefix(prefix: str, user_id: str) -> str:
    """What all keys of a user start with."""
    return f"{prefix}{user_id}/"


def parse_key(prefix: str, key: str) -> ObjectKey:
    """The parts of `key`.

    Raises:
        InvalidUpload: the key is not one that `build_key` makes.
    """
    match = _KEY.match(key[len(prefix) :]) if key.startswith(prefix) else None
    if match is None:
        raise InvalidUpload(
            "This address does not name an upload of this service.",
            remedy="Start again from the upload page.",
        )
    return ObjectKey(**match.groupdict())


def new_archive_key(user_id: str, job_id: str, file: str) -> str:
    """A key for an archive of this file (a name in `Results.files`), another one each time."""
    key = f"{user_id}/{job_id}~{file}~{token_hex(8)}"
    if not _ARCHIVE.match(key):
        raise ValueError(f"not a valid archive key: {key!r}")
    return key
