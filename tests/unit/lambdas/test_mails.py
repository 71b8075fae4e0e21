"""Mails about restored results and accounts, and what a Free user is told of the clock."""

from typing import get_args

import pytest

from gas.access import Role
from gas.errors import InvalidMessage
from gas.messages import AccountNotice, JobFinished, ProjectInvitation, ResultsRestored
from gas.plans import Plan
from gas.testing import FakeClock, MemoryJobStore, MemoryMailer
from lambdas.notify.handler import Notify
from lambdas.notify.notices import LETTERS
from tests.support.jobs import USER, job, results

URL = "https://gas.example.org"
UNTIL = 1_800_000_000
UNTIL_IN_WORDS = "15 January 2027, 08:00 UTC"
KINDS = get_args(AccountNotice.model_fields["kind"].annotation)


class Desk:
    def __init__(self, mailer: MemoryMailer | None = None) -> None:
        self.jobs = MemoryJobStore()
        self.mailer = mailer or MemoryMailer()
        self.notify = Notify(jobs=self.jobs, mailer=self.mailer, clock=FakeClock(), public_url=URL)


@pytest.fixture
def desk() -> Desk:
    return Desk()


def notice(kind: str, **more: object) -> str:
    fields = {"notice_id": "n1", "user_id": USER, "email": "ada@example.org", "kind": kind} | more
    return AccountNotice.model_validate(fields).to_json()


def test_there_are_words_for_every_kind_of_notice() -> None:
    assert set(LETTERS) == set(KINDS)


@pytest.mark.parametrize(
    ("kind", "says", "link"),
    [
        ("premium_started", "come back|coming back", "/billing"),
        ("premium_will_end", "It stays yours until", "/billing"),
        ("premium_ended", "Free plan", "/billing"),
        ("payment_failed", "Nothing changes until", "/billing"),
        ("payment_recovered", "payment went through", "/billing"),
        ("account_deleted", "have deleted your account", "/"),
    ],
)
@pytest.mark.parametrize("until", [UNTIL, None])
def test_a_notice_is_told_in_both_forms(
    desk: Desk, kind: str, says: str, link: str, until: int | None
) -> None:
    desk.notify(notice(kind, until=until))
    (mail,) = desk.mailer.sent
    assert mail.to == "ada@example.org"
    assert mail.subject
    assert "{" not in mail.subject
    for form in (mail.text, mail.html):
        flat = " ".join(form.split())
        assert any(words in flat for words in says.split("|"))
        assert f"{URL}{link}" in form
        assert "{when}" not in form
        assert "None" not in form
        speaks_of_a_time = any("{when}" in text for text in LETTERS[kind].paragraphs)
        assert (UNTIL_IN_WORDS in flat) == (speaks_of_a_time and until is not None)
    assert all(len(line) <= 80 for line in mail.text.splitlines())


def test_every_letter_that_speaks_of_a_time_has_words_without_one() -> None:
    for kind, letter in LETTERS.items():
        speaks = any("{when}" in text for text in (letter.subject, *letter.paragraphs))
        assert bool(letter.otherwise) == speaks, kind


def test_a_certificate_comes_with_the_mail_and_cannot_break_out_of_it(desk: Desk) -> None:
    desk.notify(notice("account_deleted", attachment="Deleted: 3 jobs\n<script>of Ada</script>"))
    (mail,) = desk.mailer.sent
    assert "Deleted: 3 jobs\n<script>of Ada</script>" in mail.text
    assert "Deleted: 3 jobs\n&lt;script&gt;" in mail.html
    assert "<script>" not in mail.html
    assert "asked to log in" not in mail.text + mail.html


@pytest.mark.parametrize(("jobs", "words"), [(1, "one job are"), (2500, "2,500 jobs are")])
def test_restored_results_are_told_with_their_number(desk: Desk, jobs: int, words: str) -> None:
    message = ResultsRestored(user_id=USER, email="ada@example.org", jobs=jobs)
    desk.notify(message.to_json())
    (mail,) = desk.mailer.sent
    assert "back" in mail.subject
    for form in (mail.text, mail.html):
        assert words in form
        assert f"{URL}/annotations" in form


def completed(desk: Desk, **changes: object) -> str:
    done = job(
        job_status="COMPLETED", results=results(), complete_time=1, archive_at=UNTIL, **changes
    )
    desk.jobs.create(done)
    desk.notify(JobFinished(job_id=done.job_id, user_id=USER, job_status="COMPLETED").to_json())
    return f"{URL}/annotations/{done.job_id}"


def test_a_free_user_hears_until_when_and_what_then(desk: Desk) -> None:
    page = completed(desk)
    (mail,) = desk.mailer.sent
    for form in (mail.text, mail.html):
        assert f"You can download the results until {UNTIL_IN_WORDS}" in form
        assert "archive" in form
        assert f"{URL}/billing" in form
        assert "tumour α.annot.vcf.gz" in form
        assert "tumour α.parquet" in form
    assert f"{page}/results/table" in mail.html


def test_a_premium_user_has_no_clock(desk: Desk) -> None:
    completed(desk, plan=Plan.PREMIUM)
    (mail,) = desk.mailer.sent
    for form in (mail.text, mail.html):
        assert "until" not in form
        assert "Free plan" not in form
        assert "tumour α.receipt.json" in form


def test_a_refused_address_is_let_go() -> None:
    desk = Desk(MemoryMailer(refuses=frozenset({"ada@example.org"})))
    desk.notify(notice("premium_ended"))
    assert desk.mailer.sent == []


@pytest.mark.parametrize("body", ["", "[]", '{"type": "thaw_requested"}', '{"type": 7}'])
def test_other_messages_are_refused(desk: Desk, body: str) -> None:
    with pytest.raises(InvalidMessage):
        desk.notify(body)


def test_an_invitation_names_who_asks_and_opens_nothing(desk: Desk) -> None:
    asked = ProjectInvitation(
        invitation_id="i1",
        email="ben@uni.example",
        project="Exomes <b>",
        invited_by="Ada",
        role=Role.EDITOR,
        until=UNTIL,
    )
    desk.notify(asked.to_json())
    (mail,) = desk.mailer.sent
    assert mail.to == "ben@uni.example"
    assert mail.subject == "Ada invites you to the project “Exomes <b>”"
    for body in (mail.text, mail.html):
        assert UNTIL_IN_WORDS in " ".join(body.split())
        assert f"{URL}/projects" in body
        assert "i1" not in body
    assert "<b>”" not in mail.html
