"""The policy of a browser upload, checked by the gateway where ministack sees only a stub.

The form is that of "POST Policy" in the S3 API reference. Everything but the length is still
enforced by ministack, on a policy that differs from the client's in its length range and, where
the session was renewed, in its credential.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from local.cloud.sigv4 import Scope, sign_policy

RANGE = "content-length-range"


class BadPolicy(Exception):
    """A form that must be refused here; ``code`` is S3's code for it."""

    def __init__(self, code: str, message: str, status: int = 403) -> None:
        super().__init__(message)
        self.code = code
        self.status = status


@dataclass(frozen=True)
class PostPolicy:
    """A decoded policy."""

    document: dict[str, Any]

    @classmethod
    def decode(cls, text: str) -> PostPolicy | None:
        """Decode the form field; ``None`` if it is none, which ministack refuses itself."""
        try:
            document = json.loads(base64.b64decode(text, validate=True))
        except (ValueError, binascii.Error):
            return None
        is_policy = isinstance(document, dict) and isinstance(document.get("conditions"), list)
        return cls(document) if is_policy else None

    @property
    def longest(self) -> int | None:
        """The most bytes that all length ranges allow."""
        return min((high for _, high in self._ranges()), default=None)

    @property
    def shortest(self) -> int:
        return max((low for low, _ in self._ranges()), default=0)

    def _ranges(self) -> list[tuple[int, int]]:
        found = []
        for condition in self.document["conditions"]:
            if isinstance(condition, list) and len(condition) == 3 and condition[0] == RANGE:
                try:
                    found.append((int(condition[1]), int(condition[2])))
                except (TypeError, ValueError):
                    raise BadPolicy("InvalidPolicyDocument", "Bad length range.", 400) from None
        return found

    def check_length(self, size: int) -> None:
        """Check the true length of an upload.

        Raises
        ------
        BadPolicy
            It is outside of the range.
        """
        if size < self.shortest:
            raise BadPolicy(
                "EntityTooSmall",
                "Your proposed upload is smaller than the minimum allowed object size.",
                400,
            )
        if self.longest is not None and size > self.longest:
            raise BadPolicy(
                "EntityTooLarge", "Your proposed upload exceeds the maximum allowed size.", 400
            )

    def without_length(self, replaced: dict[str, str]) -> str:
        """The policy, encoded, without its length range and with other credential fields."""
        conditions = [
            _replace(condition, replaced)
            for condition in self.document["conditions"]
            if not (isinstance(condition, list) and condition[:1] == [RANGE])
        ]
        named = {name for condition in conditions for name in _names(condition)}
        conditions += [
            {name: value} for name, value in replaced.items() if value and name not in named
        ]
        document = {**self.document, "conditions": conditions}
        return base64.b64encode(json.dumps(document).encode()).decode()


def _names(condition: Any) -> list[str]:
    if isinstance(condition, dict):
        return [str(name).lower() for name in condition]
    if isinstance(condition, list) and len(condition) == 3:
        return [str(condition[1]).lstrip("$").lower()]
    return []


def _replace(condition: Any, replaced: dict[str, str]) -> Any:
    """A condition on a credential field with the new value; any other one as it is."""
    if isinstance(condition, dict):
        return {name: replaced.get(name.lower(), value) for name, value in condition.items()}
    if isinstance(condition, list) and len(condition) == 3 and condition[0] == "eq":
        name = str(condition[1]).lstrip("$").lower()
        return ["eq", condition[1], replaced.get(name, condition[2])]
    return condition


def is_signed_by(fields: dict[str, str], secret: str, token: str) -> bool:
    """Whether the policy of a form was signed with this secret."""
    scope = Scope.parse(fields.get("x-amz-credential", ""))
    if scope is None or scope.service != "s3":
        return False
    if not hmac.compare_digest(fields.get("x-amz-security-token", "").encode(), token.encode()):
        return False
    expected = sign_policy(secret, scope, fields.get("policy", ""))
    return hmac.compare_digest(expected, fields.get("x-amz-signature", ""))


def sign_again(
    fields: dict[str, str], policy: PostPolicy, key_id: str, secret: str, token: str
) -> dict[str, str]:
    """The fields of a checked form, signed anew with another credential, now."""
    old = Scope.parse(fields["x-amz-credential"])
    assert old is not None
    at = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
    scope = Scope(key_id, at[:8], old.region, "s3")
    replaced = {
        "x-amz-credential": f"{key_id}/{scope}",
        "x-amz-date": at,
        "x-amz-security-token": token,
    }
    encoded = policy.without_length(replaced)
    signed = {**fields, **replaced, "policy": encoded}
    signed["x-amz-signature"] = sign_policy(secret, scope, encoded)
    if not token:
        del signed["x-amz-security-token"]
    return signed
