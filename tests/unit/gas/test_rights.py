"""Who may do what with a job."""

import pytest

from gas.access import Grant, Relation, Right, Role, Situation, Viewer, permit, read, relation_of
from gas.errors import FreeWindowOver, NotAllowed, NotFound
from gas.jobs import JobStatus, ResultsState
from gas.plans import Plan
from tests.support.jobs import job, results

NOW = 1_800_000_000
JOB = job(job_status=JobStatus.COMPLETED, results_state=ResultsState.AVAILABLE, results=results())
OWNER = JOB.user_id
SEE, LOG, DOWNLOAD, RETRY, MANAGE = Right


def grant(**changes: object) -> Grant:
    values = {
        "job_id": JOB.job_id,
        "owner_id": OWNER,
        "may_download": False,
        "shows_log": False,
        "expires_at": NOW + 60,
        **changes,
    }
    return Grant(**values)  # type: ignore[arg-type]


PEOPLE = {
    "owner": (Viewer(OWNER), {SEE, LOG, DOWNLOAD, RETRY, MANAGE}),
    "project owner": (Viewer("x", Role.OWNER), {SEE, LOG, DOWNLOAD, RETRY}),
    "editor": (Viewer("x", Role.EDITOR), {SEE, LOG, DOWNLOAD, RETRY}),
    "viewer": (Viewer("x", Role.VIEWER), {SEE, LOG, DOWNLOAD}),
    "link": (Viewer(None, grant=grant()), {SEE}),
    "link with downloads": (Viewer(None, grant=grant(may_download=True)), {SEE, DOWNLOAD}),
    "link with the log": (Viewer(None, grant=grant(shows_log=True)), {SEE, LOG}),
    "owner by their own link": (Viewer(OWNER, grant=grant()), {SEE}),
    "stranger": (Viewer("x"), set()),
    "nobody": (Viewer(), set()),
    "expired link": (Viewer(None, grant=grant(expires_at=NOW)), set()),
    "revoked link": (Viewer(None, grant=grant(revoked=True)), set()),
    "revoked link of a member": (Viewer("x", Role.EDITOR, grant(revoked=True)), set()),
    "link to another job": (Viewer(None, grant=grant(job_id="other")), set()),
    "link by another owner": (Viewer(None, grant=grant(owner_id="other")), set()),
}


@pytest.mark.parametrize(("viewer", "rights"), PEOPLE.values(), ids=PEOPLE)
@pytest.mark.parametrize("right", Right)
def test_the_matrix(viewer: Viewer, rights: set[Right], right: Right) -> None:
    if right in rights:
        assert permit(JOB, viewer, right, NOW) is JOB
    else:
        with pytest.raises(NotAllowed if rights else NotFound):
            permit(JOB, viewer, right, NOW)


@pytest.mark.parametrize(("viewer", "rights"), PEOPLE.values(), ids=PEOPLE)
def test_a_deleted_job_is_nobodys(viewer: Viewer, rights: set[Right]) -> None:
    gone = JOB.model_copy(update={"erasing_at": NOW - 1})
    with pytest.raises(NotFound) as of_deleted:
        permit(gone, viewer, SEE, NOW)
    with pytest.raises(NotFound) as of_none:
        permit(None, viewer, SEE, NOW)
    assert of_deleted.value.message == of_none.value.message


def test_the_owners_plan_and_time_hold_for_all_who_read() -> None:
    late = JOB.model_copy(update={"archive_at": NOW})
    member = Viewer("x", Role.VIEWER)
    found = read(late, member, SEE, plan=Plan.FREE, now=NOW)
    assert (found.relation, found.results.situation) == (Relation.VIEWER, Situation.OVER)
    with pytest.raises(FreeWindowOver) as refused:
        found.results.link_seconds("table", now=NOW, longest=60)
    assert not refused.value.upgrade_helps  # the reader's paying would not
    assert "owner" in refused.value.remedy
    kept = read(late, member, SEE, plan=Plan.PREMIUM, now=NOW)
    assert kept.results.link_seconds("table", now=NOW, longest=60) == 60


def test_nothing_outlives_the_link_it_came_by() -> None:
    soon = Viewer(None, grant=grant(expires_at=NOW + 5, may_download=True))
    found = read(JOB, soon, DOWNLOAD, plan=Plan.PREMIUM, now=NOW)
    assert found.results.link_seconds("log", now=NOW, longest=60) == 5
    assert relation_of(soon, JOB, NOW + 5) is Relation.NONE
