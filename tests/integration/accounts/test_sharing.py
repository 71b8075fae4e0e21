"""Links and projects in a real PostgreSQL."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import pytest
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from gas.access import Role
from gas.accounts.rates import PERIOD
from gas.accounts.store import AccountStore, Identity
from gas.errors import InvalidRequest, NotAllowed, NotFound
from gas.sharing.contents import ProjectJobStore
from gas.sharing.guesses import VisitRate, VisitRates
from gas.sharing.invitations import A_DAY, LIFE, InvitationStore
from gas.sharing.projects import ProjectStore
from gas.sharing.shares import HOUR, KEPT, MOST_SHARES, ShareStore, Wishes, is_secret

NOW = 1_800_000_000
JOB = "11111111-1111-4111-8111-111111111111"
Person = Callable[[str], str]


@pytest.fixture
def person(engine: Engine) -> Iterator[Person]:
    """Opens an account; `person("ada")` is ada@example.org."""
    made = []

    def make(name: str) -> str:
        user_id = str(uuid4())
        email = f"{name}-{user_id[:8]}@example.org"
        AccountStore(engine).record_login(Identity(user_id, name, email))
        made.append(user_id)
        return user_id

    yield make
    for user_id in made:
        AccountStore(engine).delete(user_id)


@pytest.fixture
def shares(engine: Engine) -> ShareStore:
    return ShareStore(engine)


@pytest.fixture
def projects(engine: Engine) -> ProjectStore:
    return ProjectStore(engine)


@pytest.fixture
def contents(engine: Engine) -> ProjectJobStore:
    return ProjectJobStore(engine)


@pytest.fixture
def invitations(engine: Engine) -> InvitationStore:
    return InvitationStore(engine)


def join(
    engine: Engine, owner: str, project_id: str, member: str, role: Role = Role.VIEWER
) -> None:
    invitations = InvitationStore(engine)
    account = AccountStore(engine).get(member)
    assert account is not None
    asked = invitations.invite(owner, project_id, account.email.upper(), role, now=NOW)
    joined = invitations.answer(member, [account.email], asked.invitation_id, accept=True, now=NOW)
    assert joined == project_id


# ---- links


def test_a_link_is_found_by_its_secret_and_nothing_of_that_is_kept(
    shares: ShareStore, person: Person
) -> None:
    record, secret = shares.issue(person("ada"), JOB, Wishes("for Ben"), now=NOW)
    assert is_secret(secret)
    found = shares.find(secret)
    assert found is not None
    assert found.share_id == record.share_id
    kept = {name: getattr(found, name) for name in type(found).__table__.columns.keys()}  # noqa: SIM118
    assert secret not in str(kept)
    assert shares.find(secret[:-1] + "x") is None


def test_openings_are_counted_and_told_also_of_those_who_left(
    shares: ShareStore, person: Person, engine: Engine
) -> None:
    record, _ = shares.issue(person("ada"), JOB, Wishes("for Ben"), now=NOW)
    ben = person("ben")
    shares.record_opening(record.share_id, user_id=ben, network="198.51.100.0/24", now=NOW + 1)
    shares.record_opening(record.share_id, user_id=None, network="unknown", now=NOW + 2)
    seen = shares.get(record.share_id)
    assert seen is not None
    assert (seen.openings, seen.last_opened_at) == (2, NOW + 2)
    told = [(each.opened_at, each.name) for each in shares.openings(record.share_id)]
    assert told == [(NOW + 2, None), (NOW + 1, "ben")]
    AccountStore(engine).delete(ben)
    assert [each.name for each in shares.openings(record.share_id)] == [None, None]


def test_a_link_is_ended_by_its_owner_only_and_for_good(shares: ShareStore, person: Person) -> None:
    ada, ben = person("ada"), person("ben")
    record, _ = shares.issue(ada, JOB, Wishes("x"), now=NOW)
    assert shares.revoke(ben, JOB, record.share_id, now=NOW) is None
    assert shares.revoke(ada, "another", record.share_id, now=NOW) is None
    live = shares.get(record.share_id)
    assert live is not None
    assert live.is_live(NOW)
    first = shares.revoke(ada, JOB, record.share_id, now=NOW + 1)
    again = shares.revoke(ada, JOB, record.share_id, now=NOW + 9)
    assert first is not None
    assert again is not None
    assert first.revoked_at == again.revoked_at == NOW + 1
    assert [each.share_id for each in shares.of_job(ada, JOB, now=NOW)] == [record.share_id]
    assert shares.of_job(ada, JOB, now=NOW + 1 + KEPT) == []


def test_a_job_has_only_so_many_links_however_they_are_asked_for(
    shares: ShareStore, person: Person
) -> None:
    ada = person("ada")

    def ask(_: int) -> bool:
        try:
            shares.issue(ada, JOB, Wishes("x", life=HOUR), now=NOW)
        except InvalidRequest:
            return False
        return True

    with ThreadPoolExecutor(4) as pool:
        made = list(pool.map(ask, range(MOST_SHARES + 3)))
    assert made.count(True) == MOST_SHARES
    assert shares.issue(ada, JOB, Wishes("x"), now=NOW + HOUR)  # those have ended


def test_links_go_with_the_job_and_with_the_person(
    shares: ShareStore, person: Person, engine: Engine
) -> None:
    ada = person("ada")
    record, _ = shares.issue(ada, JOB, Wishes("x"), now=NOW)
    shares.record_opening(record.share_id, user_id=None, network="unknown", now=NOW)
    shares.forget_job(JOB)
    assert shares.get(record.share_id) is None
    other, _ = shares.issue(ada, JOB, Wishes("x"), now=NOW)
    shares.record_opening(other.share_id, user_id=None, network="unknown", now=NOW)
    AccountStore(engine).delete(ada)
    assert shares.get(other.share_id) is None


# ---- projects


def test_members_see_the_project_and_strangers_nothing(
    projects: ProjectStore, contents: ProjectJobStore, person: Person, engine: Engine
) -> None:
    ada, ben, eve = person("ada"), person("ben"), person("eve")
    made = projects.create(ada, " Exomes ", now=NOW)
    join(engine, ada, made.project_id, ben)
    contents.add(ada, made.project_id, [JOB], now=NOW)
    seen = projects.see(ben, made.project_id)
    assert (seen.name, seen.role, seen.members, seen.jobs) == ("Exomes", Role.VIEWER, 2, 1)
    assert [each.name for each in projects.people(ben, made.project_id)] == ["ada", "ben"]
    assert [each.project_id for each in projects.of_user(ben)] == [made.project_id]
    assert contents.role_for_job(ben, JOB, ada) is Role.VIEWER
    assert contents.role_for_job(ada, JOB, ada) is Role.OWNER
    assert contents.role_for_job(eve, JOB, ada) is None
    assert projects.of_user(eve) == []
    for forbidden in (
        lambda: projects.see(eve, made.project_id),
        lambda: projects.people(eve, made.project_id),
        lambda: projects.rename(eve, made.project_id, "x"),
        lambda: projects.delete(eve, made.project_id),
        lambda: projects.remove(eve, made.project_id, ben),
        lambda: projects.set_role(eve, made.project_id, ben, Role.EDITOR),
        lambda: contents.add(eve, made.project_id, ["j"], now=NOW),
        lambda: contents.remove(eve, made.project_id, JOB),
        lambda: contents.list(eve, made.project_id, limit=1),
    ):
        with pytest.raises(NotFound):
            forbidden()  # type: ignore[no-untyped-call]


def test_what_a_role_allows(
    projects: ProjectStore,
    contents: ProjectJobStore,
    invitations: InvitationStore,
    person: Person,
    engine: Engine,
) -> None:
    ada, ben, eve = person("ada"), person("ben"), person("eve")
    project = projects.create(ada, "Exomes", now=NOW).project_id
    join(engine, ada, project, ben)
    join(engine, ada, project, eve, Role.EDITOR)
    contents.add(ada, project, [JOB], now=NOW)
    assert contents.add(eve, project, ["eves"], now=NOW + 1) == 1
    assert contents.add(eve, project, ["eves"], now=NOW + 2) == 0
    for forbidden in (
        lambda: contents.add(ben, project, ["bens"], now=NOW),
        lambda: contents.remove(eve, project, JOB),
        lambda: projects.rename(eve, project, "x"),
        lambda: projects.delete(eve, project),
        lambda: projects.remove(eve, project, ben),
        lambda: projects.remove(ada, project, ada),
        lambda: projects.set_role(eve, project, eve, Role.OWNER),
        lambda: invitations.invite(eve, project, "x@example.org", Role.VIEWER, now=NOW),
        lambda: invitations.of_project(eve, project, now=NOW),
    ):
        with pytest.raises(NotAllowed):
            forbidden()  # type: ignore[no-untyped-call]
    contents.remove(eve, project, "eves")
    projects.set_role(ada, project, ben, Role.EDITOR)
    assert contents.role_for_job(ben, JOB, ada) is Role.EDITOR


def test_putting_a_strangers_job_into_ones_project_opens_nothing(
    projects: ProjectStore, contents: ProjectJobStore, person: Person
) -> None:
    ada, eve = person("ada"), person("eve")
    trap = projects.create(eve, "Trap", now=NOW).project_id
    contents.add(eve, trap, [JOB], now=NOW)
    assert contents.role_for_job(eve, JOB, ada) is None


def test_whoever_goes_takes_their_jobs_along(
    projects: ProjectStore, contents: ProjectJobStore, person: Person, engine: Engine
) -> None:
    ada, ben = person("ada"), person("ben")
    project = projects.create(ada, "Exomes", now=NOW).project_id
    join(engine, ada, project, ben, Role.EDITOR)
    contents.add(ben, project, ["bens"], now=NOW)
    contents.add(ada, project, [JOB], now=NOW)
    assert contents.role_for_job(ada, "bens", ben) is Role.OWNER
    projects.remove(ben, project, ben)
    assert contents.role_for_job(ada, "bens", ben) is None
    assert contents.role_for_job(ben, JOB, ada) is None
    with pytest.raises(NotFound):
        projects.see(ben, project)


def test_a_project_is_handed_over(projects: ProjectStore, person: Person, engine: Engine) -> None:
    ada, ben = person("ada"), person("ben")
    project = projects.create(ada, "Exomes", now=NOW).project_id
    join(engine, ada, project, ben)
    projects.set_role(ada, project, ben, Role.OWNER)
    assert projects.see(ben, project).role is Role.OWNER
    assert projects.see(ada, project).role is Role.EDITOR
    assert projects.see(ada, project).members == 2
    projects.remove(ada, project, ada)
    projects.delete(ben, project)
    assert projects.of_user(ben) == []


def test_a_project_goes_with_its_owner_and_a_member_with_their_jobs(
    projects: ProjectStore, contents: ProjectJobStore, person: Person, engine: Engine
) -> None:
    ada, ben = person("ada"), person("ben")
    project = projects.create(ada, "Exomes", now=NOW).project_id
    join(engine, ada, project, ben, Role.EDITOR)
    contents.add(ben, project, ["bens"], now=NOW)
    AccountStore(engine).delete(ben)
    assert contents.list(ada, project, limit=9) == []
    assert projects.see(ada, project).members == 1
    AccountStore(engine).delete(ada)
    with pytest.raises(NotFound):
        projects.see(ada, project)


def test_jobs_come_in_pages_the_last_added_first(
    projects: ProjectStore, contents: ProjectJobStore, person: Person
) -> None:
    ada = person("ada")
    project = projects.create(ada, "Exomes", now=NOW).project_id
    for number in range(5):
        contents.add(ada, project, [f"job-{number}"], now=NOW + number // 2)
    read, after = [], None
    while page := contents.list(ada, project, limit=2, after=after):
        read += [each.job_id for each in page]
        after = (page[-1].added_at, page[-1].job_id)
    assert read == [f"job-{n}" for n in (4, 3, 2, 1, 0)]
    first = contents.list(ada, project, limit=2, oldest_first=True)
    assert [each.job_id for each in first] == ["job-0", "job-1"]
    contents.forget_job("job-0")
    assert contents.holding([project], "job-0") == frozenset()
    assert contents.holding([project], "job-1") == {project}


# ---- invitations


def test_an_invitation_is_for_its_address_and_lapses(
    projects: ProjectStore, invitations: InvitationStore, person: Person
) -> None:
    ada, ben = person("ada"), person("ben")
    project = projects.create(ada, "Exomes", now=NOW).project_id
    asked = invitations.invite(ada, project, " Ben@Uni.example ", Role.EDITOR, now=NOW)
    assert asked.to_be_told
    assert asked.email == "ben@uni.example"
    assert invitations.to_addresses(["x@uni.example"], now=NOW) == []
    found = invitations.to_addresses(["x@y.z", "BEN@uni.example"], now=NOW)
    assert [(each.project, each.invited_by) for each in found] == [("Exomes", "ada")]
    with pytest.raises(NotFound):
        invitations.answer(ben, ["eve@x.y"], asked.invitation_id, accept=True, now=NOW)
    with pytest.raises(NotFound):
        invitations.answer(
            ben, ["ben@uni.example"], asked.invitation_id, accept=True, now=NOW + LIFE
        )
    assert invitations.to_addresses(["ben@uni.example"], now=NOW + LIFE) == []
    invitations.answer(ben, ["ben@uni.example"], asked.invitation_id, accept=False, now=NOW)
    with pytest.raises(NotFound):  # answered
        invitations.answer(ben, ["ben@uni.example"], asked.invitation_id, accept=True, now=NOW)
    assert projects.of_user(ben) == []


def test_asked_again_it_is_the_same_invitation_and_not_a_mail_each_time(
    projects: ProjectStore, invitations: InvitationStore, person: Person
) -> None:
    ada = person("ada")
    project = projects.create(ada, "Exomes", now=NOW).project_id
    first = invitations.invite(ada, project, "b@uni.example", Role.VIEWER, now=NOW)
    invitations.mark_told(first.invitation_id, now=NOW)
    again = invitations.invite(ada, project, "b@uni.example", Role.EDITOR, now=NOW + 60)
    assert (again.invitation_id, again.role) == (first.invitation_id, Role.EDITOR)
    assert not again.to_be_told
    assert invitations.invite(ada, project, "b@uni.example", Role.EDITOR, now=NOW + 3600).to_be_told
    invitations.revoke(ada, project, first.invitation_id)
    invitations.revoke(ada, project, first.invitation_id)
    assert invitations.of_project(ada, project, now=NOW) == []
    fresh = invitations.invite(ada, project, "b@uni.example", Role.VIEWER, now=NOW + 61)
    assert fresh.invitation_id != first.invitation_id
    invitations.forget_address("B@uni.example")
    assert invitations.sent_by(ada, now=NOW) == []


def test_members_are_not_invited_and_nobody_sends_mails_without_end(
    projects: ProjectStore, invitations: InvitationStore, person: Person, engine: Engine
) -> None:
    ada = person("ada")
    project = projects.create(ada, "Exomes", now=NOW).project_id
    account = AccountStore(engine).get(ada)
    assert account is not None
    with pytest.raises(InvalidRequest, match="already"):
        invitations.invite(ada, project, account.email, Role.VIEWER, now=NOW)
    with pytest.raises(InvalidRequest, match="one owner"):
        invitations.invite(ada, project, "b@uni.example", Role.OWNER, now=NOW)
    for number in range(A_DAY):
        asked = invitations.invite(ada, project, f"p{number}@uni.example", Role.VIEWER, now=NOW)
        invitations.revoke(ada, project, asked.invitation_id)
    with pytest.raises(InvalidRequest, match="today"):
        invitations.invite(ada, project, "one.more@uni.example", Role.VIEWER, now=NOW)


def test_visits_are_counted_by_where_they_come_from(engine: Engine) -> None:
    rates, bucket = VisitRates(engine), str(uuid4())
    allowed = [rates.take(bucket, limit=2, now=NOW).allowed for _ in range(3)]
    assert allowed == [True, True, False]
    assert rates.take(str(uuid4()), limit=2, now=NOW).allowed


def test_some_visits_are_counted_by_the_day(engine: Engine) -> None:
    rates, bucket = VisitRates(engine), str(uuid4())
    moments = (NOW, NOW + 90_000, NOW + 100_000)
    allowed = [rates.take(bucket, limit=1, now=at, period=86_400).allowed for at in moments]
    assert allowed == [True, True, False]


def test_empty_buckets_are_cleared_away(engine: Engine) -> None:
    rates, bucket = VisitRates(engine), str(uuid4())
    rates.take(bucket, limit=1, now=NOW)
    with Session(engine) as work:
        assert work.get(VisitRate, bucket) is not None
    rates.take(str(uuid4()), limit=1, now=NOW + PERIOD)
    with Session(engine) as work:
        assert work.get(VisitRate, bucket) is None
