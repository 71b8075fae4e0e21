"""The mail addresses by which somebody who is logged in may be invited."""

from gas.accounts.models import Account
from web.account import identities


def of(account: Account) -> frozenset[str]:
    """Those of the identity they logged in with, and of the identities linked to it.

    Globus vouches for both. While it cannot be asked, the one of the account remains.
    """
    known = identities.ask()
    found = {account.email}
    for each in (known.own, *known.linked) if known else ():
        found |= {each.email, each.username}
    return frozenset(each for each in found if "@" in each)
