"""The account behind the token: plan, usage, tokens; and the packs of the service."""

from http import HTTPStatus
from uuid import UUID

from gas.errors import NotFound
from gas.plans import Plan, terms_of
from gas.scopes import Scope
from web.api.api import api
from web.api.models import (
    AccountDocument,
    PackContigInfo,
    PackDocument,
    PackList,
    PackSourceInfo,
    PackSummary,
    TokenInfo,
    TokenList,
)
from web.auth import bearer
from web.auth.session import require_account
from web.context import services
from web.ports import PackAtHand


@api.operation("GET", "/account", tag="account", scope=Scope.ACCOUNT_READ, answer=AccountDocument)
def get_account() -> AccountDocument:
    """Who you are here, what your plan allows, and what you use."""
    account, settings = require_account(), services().settings
    terms, usage = terms_of(account.plan), services().finder.usage(account.user_id)
    premium = account.plan is Plan.PREMIUM
    return AccountDocument(
        user_id=UUID(account.user_id),
        name=account.name,
        email=account.email,
        plan=account.plan,
        max_upload_bytes=terms.max_upload_bytes,
        max_running_jobs=terms.max_running_jobs,
        keeps_results=terms.keeps_results,
        requests_per_minute=(
            settings.premium_requests_per_minute if premium else settings.free_requests_per_minute
        ),
        jobs={status.value: number for status, number in usage.jobs.items()},
        stored_bytes=usage.n_bytes,
    )


@api.operation("GET", "/tokens", tag="account", scope=Scope.ACCOUNT_READ, answer=TokenList)
def list_tokens() -> TokenList:
    """Your live access tokens. New ones are made on the profile page, by a person."""
    now = services().clock.now()
    found = services().tokens.of_user(require_account().user_id, now=now)
    return TokenList(tokens=[TokenInfo.of(token) for token in found])


@api.operation(
    "DELETE",
    "/tokens/current",
    tag="account",
    scope=Scope.ACCOUNT_READ,
    status=HTTPStatus.NO_CONTENT,
    errors=(HTTPStatus.NOT_FOUND,),
)
def revoke_current_token() -> None:
    """Revoke the token that this request presents: log out."""
    token_id = bearer.current().token_id if bearer.presented() else ""
    account, now = require_account(), services().clock.now()
    if not services().tokens.revoke(account.user_id, token_id, now=now):
        raise NotFound(
            "This request came with no personal access token.",
            remedy="Present the token that is to be revoked.",
        )


@api.operation("GET", "/packs", tag="packs", scope=Scope.VARIANTS_READ, answer=PackList)
def list_packs() -> PackList:
    """The reference packs that jobs and variants can be annotated with."""
    return PackList(packs=[PackSummary(**_about(pack)) for pack in services().engine.packs()])


@api.operation(
    "GET",
    "/packs/<name>",
    tag="packs",
    scope=Scope.VARIANTS_READ,
    answer=PackDocument,
    errors=(HTTPStatus.NOT_FOUND,),
)
def get_pack(name: str) -> PackDocument:
    """A reference pack: contigs, their aliases, and what it was made from."""
    pack = services().engine.pack(name)
    return PackDocument(
        **_about(pack),
        contig_list=[
            PackContigInfo(name=c.name, length=c.length, aliases=list(c.aliases))
            for c in pack.contigs
        ],
        sources=[
            PackSourceInfo(what=s.what, package=s.package, version=s.version, licence=s.licence)
            for s in pack.sources
        ],
    )


def _about(pack: PackAtHand) -> dict[str, object]:
    return {
        "name": pack.name,
        "pack_id": pack.pack_id,
        "assembly": pack.assembly,
        "contigs": len(pack.contigs),
        "stores": list(pack.stores),
    }
