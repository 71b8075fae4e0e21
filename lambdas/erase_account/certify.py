"""The end of an erasure: a signed certificate, kept, and sent to the person."""

import json
from datetime import UTC, datetime
from typing import Any

from gas.certificates import CertificateSigner, sha256, subject_hash
from gas.erasure import CERTIFICATE_KEYS
from gas.messages import AccountErasureRequested, AccountNotice
from gas.ports import BlobStore, Clock, Topic
from lambdas.erase_account.records import Deleted, ErasureRecords

LISTED = 1000
"""A certificate lists as many object hashes; a longer one would not fit into a message."""


class Certify:
    """Makes, keeps and announces certificates. Doing it twice leaves one."""

    def __init__(
        self, *, results: BlobStore, signer: CertificateSigner, notices: Topic, clock: Clock
    ) -> None:
        self._results = results
        self._signer = signer
        self._notices = notices
        self._clock = clock

    def __call__(self, request: AccountErasureRequested, records: ErasureRecords) -> None:
        """All is deleted: sign what was, and tell the person."""
        counts = _counts(records.sum_up())
        document = records.certificate()
        if document is None or not counts.items() <= json.loads(document)["certificate"].items():
            self._publish_key(records)
            document = self._signer.sign({**self._facts(request), **counts})
            records.keep_certificate(document)
        self._tell(request, document)
        records.clear()

    def _facts(self, request: AccountErasureRequested) -> dict[str, Any]:
        return {
            "type": "gas_account_erasure",
            "version": 1,
            "erasure_id": request.erasure_id,
            "subject_sha256": subject_hash(request.erasure_id, request.user_id),
            "requested_at": _iso(request.requested_at),
            "completed_at": _iso(self._clock.now()),
        }

    def _publish_key(self, records: ErasureRecords) -> None:
        """Have the web app show the key (`/.well-known/gas-certificate-key.json`)."""
        key = self._signer.public_key
        name = f"{CERTIFICATE_KEYS}{key.fingerprint.removeprefix('SHA256:')}.json"
        if self._results.head(name) is None:
            records.put(name, key.to_json())

    def _tell(self, request: AccountErasureRequested, document: str) -> None:
        notice = AccountNotice(
            notice_id=f"{request.erasure_id}:deleted",
            user_id=request.user_id,
            email=request.email,
            kind="account_deleted",
            attachment=document,
        )
        self._notices.publish(notice.to_json(), attributes={"type": notice.type})


def _counts(total: Deleted) -> dict[str, Any]:
    """What was deleted, as the certificate says it."""
    names = sorted({**total.files, **total.archives})
    return {
        "jobs": len(total.jobs),
        "files": len(total.files),
        "archives": len(total.archives),
        "bytes": total.n_bytes,
        "objects_sha256": sha256("".join(f"{name}\n" for name in names)),
        "objects": names if len(names) <= LISTED else [],
    }


def _iso(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
