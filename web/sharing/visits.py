"""From a link to a visit: the secret is exchanged for a cookie that is good for this link only.

So the secret stands in one address, which the browser leaves at once: no page, no title, no address
that a page passes on has it. The cookie is signed and names the link; whether that still leads
anywhere is read at every request.
"""

from typing import Final

from flask import current_app, request
from itsdangerous import BadData, URLSafeTimedSerializer
from werkzeug.wrappers import Response

from gas.errors import NotFound
from gas.logs import get_logger
from gas.sharing.shares import is_secret
from gas.sharing.tables import Share
from web.auth.errors import TooManyRequests
from web.auth.session import visitor
from web.explorer.viewpoint import Guest
from web.networks import network_of_asker
from web.services import Services

log = get_logger()

KEY: Final = "key"
"""The parameter of the address that holds the secret."""
COOKIE_SECONDS: Final = 4 * 3600
"""A visit; then the link is opened once more."""
GUESSES: Final = 10
"""Wrong links that one network may try in a minute."""
OPENINGS: Final = 60
"""As often as one link may be opened in a minute."""


def enter(services: Services, secret: str) -> tuple[Share, str]:
    """The link that the secret opens, and the cookie's value. The opening is noted.

    Raises:
        NotFound: it opens nothing (any more); the answer is the same whatever the reason.
        TooManyRequests: wrong links come from there all the time.
    """
    now, network = services.clock.now(), network_of_asker(services)
    share = services.sharing.shares.find(secret) if is_secret(secret) else None
    job = services.jobs.get(share.job_id) if share and share.is_live(now) else None
    if share is None or job is None or not share.grant.opens(job, now) or job.erasing_at:
        _count(services, f"guess:{network}", GUESSES, now)
        raise _leads_nowhere()
    _count(services, f"open:{share.share_id}", OPENINGS, now)
    if request.method != "HEAD":
        account = visitor()
        user_id = account.user_id if account else None
        services.sharing.shares.record_opening(
            share.share_id, user_id=user_id, network=network, now=now
        )
        log.info("share_opened", share_id=share.share_id, job_id=share.job_id)
    return share, str(_serializer(services).dumps(share.share_id))


def guest(services: Services, share_id: str) -> Guest:
    """Who comes with the cookie of a visit.

    Raises:
        NotFound: there is none, it is over, or the link has ended.
    """
    try:
        named = _serializer(services).loads(
            request.cookies.get(cookie_name(), ""), max_age=COOKIE_SECONDS
        )
    except BadData:
        raise _visit_over() from None
    share = services.sharing.shares.get(share_id) if named == share_id else None
    if share is None or not share.is_live(services.clock.now()):
        raise _visit_over()
    owner = services.accounts.get(share.owner_id)
    if owner is None:
        raise _visit_over()
    return Guest(share, owner)


def give_cookie(answer: Response, value: str, path: str, seconds: int) -> None:
    """Have the browser send `value` to the pages of this link, and to nothing else."""
    answer.set_cookie(
        cookie_name(),
        value,
        max_age=min(seconds, COOKIE_SECONDS),
        path=path,
        secure=bool(current_app.config["SESSION_COOKIE_SECURE"]),
        httponly=True,
        samesite="Lax",
    )


def cookie_name() -> str:
    """`__Secure-`: browsers take it over https only."""
    return "__Secure-gas_share" if current_app.config["SESSION_COOKIE_SECURE"] else "gas_share"


def _serializer(services: Services) -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(
        services.settings.secret_key.get_secret_value(), salt="gas visits by links"
    )


def _count(services: Services, bucket: str, limit: int, now: int) -> None:
    allowance = services.sharing.visits.take(bucket, limit=limit, now=now)
    if not allowance.allowed:
        raise TooManyRequests(
            "Too many links were tried from there.",
            remedy=f"Wait {allowance.retry_after} seconds, then open the link once more.",
        )


def _leads_nowhere() -> NotFound:
    return NotFound(
        "This link leads nowhere, or no longer.",
        remedy="Check that you have all of it. If so, it has ended: ask who sent it to you for "
        "another one.",
    )


def _visit_over() -> NotFound:
    return NotFound(
        "This page is shown by a link only, and your visit is over or never began.",
        remedy="Open the link that you were given once more. If it has ended, ask for another one.",
    )
