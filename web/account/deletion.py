"""Deleting an account: the order in which a crash anywhere leaves nothing behind for ever."""

from gas.accounts.models import Account
from gas.billing.checkout import close_customer
from gas.erasure import erasure_id_of
from gas.logs import get_logger
from gas.messages import AccountErasureRequested
from web.auth import session
from web.services import Services

log = get_logger()


def delete_account(parts: Services, account: Account) -> str:
    """Delete the account; the id of the erasure of everything that belongs to it.

    The subscription ends first: where that cannot be done, nothing is lost, and nobody pays for
    an account whose data are gone. Then the request to erase is durable. Until the account itself
    goes, with its sessions, in one transaction, the person is logged in and can ask again, which
    repeats the same erasure.

    Raises:
        ServiceUnavailable, PaymentRefused: it is not done yet; ask again.
    """
    erasure_id = erasure_id_of(account.user_id, int(account.created_at.timestamp()))
    request = AccountErasureRequested(
        erasure_id=erasure_id,
        user_id=account.user_id,
        email=account.email,
        requested_at=parts.clock.now(),
    )
    close_customer(parts.billing, account.user_id)
    parts.erasures.publish(request.to_json(), attributes={"type": request.type})
    sessions = parts.sessions.active(account.user_id, now=parts.clock.now())
    # Links, projects, memberships and invitations of theirs go with the account itself.
    parts.sharing.invitations.forget_address(account.email)
    parts.accounts.delete(account.user_id)
    session.revoke_tokens(sessions)
    session.forget()
    log.info("account_deleted", erasure_id=erasure_id)
    return erasure_id


def confirms(typed: str, account: Account) -> bool:
    """Whether what was typed is the account's mail address."""
    return typed.strip().casefold() == account.email.casefold()
