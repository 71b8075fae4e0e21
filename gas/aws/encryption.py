"""How S3 encrypts what we store: said with every object, so that a bucket can refuse others."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Encryption:
    """Encryption at rest with a KMS key of the operator's, or, without one, with a key of S3's."""

    kms_key: str = ""
    """ARN of the key."""

    @property
    def arguments(self) -> dict[str, Any]:
        """What SDK calls that store an object are given."""
        if not self.kms_key:
            return {"ServerSideEncryption": "AES256"}
        return {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": self.kms_key}

    @property
    def form_fields(self) -> dict[str, str]:
        """The same as the fields of a signed POST."""
        if not self.kms_key:
            return {"x-amz-server-side-encryption": "AES256"}
        return {
            "x-amz-server-side-encryption": "aws:kms",
            "x-amz-server-side-encryption-aws-kms-key-id": self.kms_key,
        }


SSE_S3 = Encryption()
"""With keys that S3 keeps itself."""
