"""A person is told by mail of every token that is made for their account."""

from gas.accounts.models import Account
from gas.accounts.tokens import AccessToken
from gas.errors import ServiceUnavailable
from gas.logs import get_logger
from gas.messages import AccountNotice
from web.services import Services

log = get_logger()


def tell_of_token(services: Services, account: Account, token: AccessToken) -> None:
    """Have the mail sent. The token is made in any case: the list on its page shows it as well."""
    notice = AccountNotice(
        notice_id=f"{token.token_id}:made",
        user_id=account.user_id,
        email=account.email,
        kind="token_made",
    )
    try:
        services.notices.publish(notice.to_json(), attributes={"type": notice.type})
    except ServiceUnavailable as error:
        log.warning("token_not_told", token_id=token.token_id, reason=error.message)
