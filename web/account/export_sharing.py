"""What an export of somebody's data says of sharing."""

from collections.abc import Mapping
from typing import Any

from gas.accounts.models import Account
from gas.sharing.invitations import Invited
from gas.sharing.projects import Seen
from gas.sharing.tables import Share
from web.present import iso
from web.services import Services

MOST_OPENINGS = 10_000
"""Of one link."""
_PAGE = 500


def sharing_of(parts: Services, account: Account, now: int) -> Mapping[str, Any]:
    """Links with their openings (never their secrets), projects, invitations in both directions."""
    sharing = parts.sharing
    return {
        "links": [_link(parts, each) for each in sharing.shares.of_owner(account.user_id, now=now)],
        "projects": [
            _project(parts, account, each) for each in sharing.projects.of_user(account.user_id)
        ],
        "invitations_sent": [
            _invitation(each) for each in sharing.invitations.sent_by(account.user_id, now=now)
        ],
        "invitations_received": [
            _invitation(each) for each in sharing.invitations.to_addresses([account.email], now=now)
        ],
    }


def _link(parts: Services, share: Share) -> dict[str, Any]:
    openings = parts.sharing.shares.openings(share.share_id, limit=MOST_OPENINGS)
    return {
        "share_id": share.share_id,
        "job_id": share.job_id,
        "name": share.name,
        "filters": share.query,
        "may_download": share.may_download,
        "shows_log": share.shows_log,
        "created_at": iso(share.created_at),
        "expires_at": iso(share.expires_at),
        "ended_at": iso(share.revoked_at) if share.revoked_at is not None else None,
        "openings": [
            {"at": iso(each.opened_at), "who": each.name, "network": each.network}
            for each in openings
        ],
    }


def _project(parts: Services, account: Account, project: Seen) -> dict[str, Any]:
    jobs: list[str] = []
    after = None
    while True:
        page = parts.sharing.contents.list(
            account.user_id, project.project_id, limit=_PAGE, after=after
        )
        jobs += [each.job_id for each in page if each.user_id == account.user_id]
        if len(page) < _PAGE:
            break
        after = (page[-1].added_at, page[-1].job_id)
    return {
        "project_id": project.project_id,
        "name": project.name,
        "role": project.role.value,
        "created_at": iso(project.created_at),
        "your_jobs": jobs,
    }


def _invitation(each: Invited) -> dict[str, Any]:
    return {
        "project": each.project,
        "email": each.email,
        "role": each.role.value,
        "invited_by": each.invited_by,
        "created_at": iso(each.created_at),
        "expires_at": iso(each.expires_at),
    }
