"""Who may do what with a vault: signatures are checked here, rights judged by ministack's IAM."""

from __future__ import annotations

import time

from multidict import CIMultiDict

from local.cloud.sessions import NotAuthentic, Sessions
from local.cloud.sigv4 import parse_signature
from local.cloud.upstream import Upstream
from local.cloud.vault.refusals import Refusal

IAM_VERSION = "2010-05-08"
BODY_HASH = "X-Amz-Content-Sha256"
REMEMBERED_SECONDS = 2.0
MOST_REMEMBERED = 1000


class Doorman:
    """Lets in the root, and the sessions of roles whose policies allow what they ask for."""

    def __init__(self, sessions: Sessions, upstream: Upstream) -> None:
        self._sessions = sessions
        self._upstream = upstream
        self._allowed: dict[tuple[str, str, str], tuple[float, bool]] = {}

    async def admit(
        self, method: str, raw_path: str, headers: CIMultiDict[str], body_hash: str
    ) -> str:
        """Check the signature; the role in whose name the request is made, empty for the root.

        ``body_hash`` is the SHA-256 of the body, or what the request says that it is: then the
        caller compares it with the body.

        Raises
        ------
        Refusal
            The key is unknown or the signature wrong.
        """
        signed = parse_signature(raw_path, headers)
        if signed is None:
            raise Refusal(403, "MissingAuthenticationTokenException", "The request is not signed.")
        given: CIMultiDict[str] = CIMultiDict(headers)
        given[BODY_HASH] = body_hash
        await self._sessions.learn(signed.scope.key_id)
        try:
            self._sessions.check(signed, method, raw_path, given)
        except NotAuthentic as fault:
            if fault.code == "InvalidClientTokenId":
                text = "The security token included in the request is invalid."
                raise Refusal(403, "UnrecognizedClientException", text) from fault
            text = "The request signature we calculated does not match the one you provided."
            raise Refusal(403, "InvalidSignatureException", text) from fault
        return self._sessions.role_of(signed.scope.key_id)

    async def require_right(self, role: str, action: str, resource: str) -> None:
        """Ask IAM whether a role may do something.

        Raises
        ------
        Refusal
            It may not.
        """
        if role and not await self._may(role, action, resource):
            text = f"User: {role} is not authorized to perform: {action} on resource: {resource}"
            raise Refusal(403, "AccessDeniedException", text)

    async def _may(self, role: str, action: str, resource: str) -> bool:
        question = (role, action, resource)
        asked, allowed = self._allowed.get(question, (0.0, False))
        if time.monotonic() - asked < REMEMBERED_SECONDS:
            return allowed
        answer = await self._upstream.query(
            "iam",
            "SimulatePrincipalPolicy",
            IAM_VERSION,
            {
                "PolicySourceArn": role,
                "ActionNames.member.1": action,
                "ResourceArns.member.1": resource,
            },
        )
        decisions = [e.text for e in answer.iter() if e.tag.endswith("EvalDecision")]
        if len(self._allowed) > MOST_REMEMBERED:
            self._allowed.clear()
        self._allowed[question] = (time.monotonic(), decisions == ["allowed"])
        return decisions == ["allowed"]
