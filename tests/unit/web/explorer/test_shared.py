"""Links: what their guests can reach, and what they cannot, whatever they try."""

import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient

from gas.access import Role
from gas.jobs import Job
from gas.plans import Plan
from gas.sharing.shares import DAY, Wishes
from tests.unit.web.conftest import ADA, BEN, JSON, PUBLIC_URL, World
from tests.unit.web.explorer.conftest import Made
from web.sharing import making
from web.sharing.visits import COOKIE_SECONDS, GUESSES

FILTERED = "gene=PRNP&sort=-pos&columns=pos%2Csymbol"


def link(world: World, job: Job, **wishes: Any) -> str:
    """The address of a new link to Ada's job, below the app's."""
    world.log_in(ADA)
    account = world.accounts.get(ADA)
    assert account is not None
    with world.app.test_request_context():
        _, address = making.share(
            world.services, account, job.job_id, Wishes(**{"name": "for Ben", **wishes})
        )
    return address.removeprefix(PUBLIC_URL)


def come(world: World, address: str) -> tuple[FlaskClient, str]:
    """A browser that has opened the link, and the clean address it was sent to."""
    browser = world.client()
    answer = browser.get(address)
    assert answer.status_code == 303, answer.text
    return browser, str(answer.location)


def rows_of(browser: FlaskClient, base: str, query: str = "") -> Any:
    answer = browser.get(f"{base}/explore/rows?size=200&{query}", headers=JSON)
    assert answer.status_code == 200, answer.text
    return answer.json


def test_the_secret_is_exchanged_for_a_cookie_of_this_link(world: World, explored: Job) -> None:
    address = link(world, explored)
    secret = address.split("=")[1]
    browser = world.client()
    answer = browser.get(address)
    cookie = answer.headers["Set-Cookie"]
    assert re.fullmatch(r"/shared/[0-9a-f-]{36}", answer.location)
    assert f"Path={answer.location}" in cookie
    for part in ("__Secure-gas_share=", "Secure", "HttpOnly", "SameSite=Lax", "Max-Age=14400"):
        assert part in cookie
    page = browser.get(answer.location)
    assert page.status_code == 200
    for each in (answer, page):
        # Other sites are told nothing; our own not the address with the secret.
        expected = "no-referrer" if each is answer else "same-origin"
        assert each.headers["Referrer-Policy"] == expected
        assert "noindex" in each.headers["X-Robots-Tag"]
        assert each.headers["Cache-Control"] == "no-store"
    assert secret not in answer.text + page.text + cookie + answer.location
    assert "Ada Lovelace" in page.text
    assert ADA not in page.text
    assert "example.org" not in page.text.replace(PUBLIC_URL, "")


def test_the_secret_is_in_no_log(
    world: World, explored: Job, capsys: pytest.CaptureFixture[str]
) -> None:
    address = link(world, explored)
    secret = address.split("=")[1]
    browser, base = come(world, address)
    browser.get(f"{base}/explore")
    world.client().get(address[:-1] + "!")
    told = capsys.readouterr()
    assert "path=/shared" in told.out + told.err
    assert secret not in told.out + told.err
    assert secret[:-1] not in told.out + told.err


def test_a_filtered_link_shows_exactly_that_view(world: World, explored: Job, made: Made) -> None:
    browser, base = come(world, link(world, explored, query=FILTERED))
    first = browser.get(base)
    assert (first.status_code, first.location) == (
        303,
        f"{base}/explore?sort=-pos&columns=pos%2Csymbol",
    )
    page = browser.get(first.location)
    assert page.status_code == 200
    assert "Gene PRNP" in page.text
    assert "Genes hit" not in page.text  # the engine counted that over all variants
    expected = [row for row in made.rows if row["symbol"] == "PRNP"]
    assert rows_of(browser, base)["total"] == len(expected) > 3
    assert len(expected) < len(made.rows)


@pytest.mark.parametrize(
    "tried",
    [
        "gene=BRCA1",
        "q=BRCA1",
        "region=17",
        "impact=HIGH",
        "status=skipped",
        "genotype=none&sample=NA1",
        "transcripts=any&gene=BRCA2",
        "af_max=1",
        "qual_min=0",
    ],
)
def test_a_filtered_link_cannot_be_widened(
    world: World, explored: Job, made: Made, tried: str
) -> None:
    browser, base = come(world, link(world, explored, query=FILTERED))
    answer = browser.get(f"{base}/explore/rows?size=200&{tried}", headers=JSON)
    if answer.status_code == 200:
        assert answer.json is not None
        columns = "columns=symbol"
        found = rows_of(browser, base, f"{tried}&{columns}")["rows"]
        assert {row["symbol"] for row in found} <= {"PRNP"}
    inside = {row["symbol"] for row in made.rows if row["symbol"] == "PRNP"}
    others = {row["symbol"] for row in made.rows if row["symbol"]} - inside
    for path in ("explore", "explore/facets", "explore/rows"):
        text = browser.get(f"{base}/{path}?{tried}", headers=JSON).text
        text += browser.get(f"{base}/{path}?{tried}").text
        asked = {name for name in others if name in tried}
        told = {name for name in others - asked if f'"{name}"' in text or f">{name}<" in text}
        assert not told, path


def test_other_variants_are_not_there_by_their_address(
    world: World, explored: Job, made: Made
) -> None:
    browser, base = come(world, link(world, explored, query=FILTERED))
    inside = next(row for row in made.rows if row["symbol"] == "PRNP")
    outside = next(row for row in made.rows if row["symbol"] not in ("PRNP", None))

    def page(row: Any) -> Any:
        return browser.get(f"{base}/variants/{row['record']}-{row['alt_index']}")

    assert page(inside).status_code == 200
    assert page(outside).status_code == 404


@pytest.mark.parametrize("path", ["files/annotated", "files/table", "summary", "log"])
def test_a_filtered_link_gives_no_whole_file(world: World, explored: Job, path: str) -> None:
    browser, base = come(world, link(world, explored, query=FILTERED, may_download=True))
    assert browser.get(f"{base}/{path}").status_code == 403


def test_exports_are_given_only_if_the_owner_allows_it(
    world: World, explored: Job, made: Made
) -> None:
    address = link(world, explored, query=FILTERED)
    browser, base = come(world, address)
    refused = browser.get(f"{base}/explore/export?format=json")
    assert refused.status_code == 403
    assert "explore/export" not in browser.get(f"{base}/explore").text
    browser, base = come(world, link(world, explored, query=FILTERED, may_download=True))
    given = browser.get(f"{base}/explore/export?format=json")
    assert given.status_code == 200
    found = json.loads(given.text)
    assert {row["symbol"] for row in found} == {"PRNP"}
    assert len(found) == sum(row["symbol"] == "PRNP" for row in made.rows)
    # A line of a VCF would show the alleles beside.
    assert browser.get(f"{base}/explore/export?format=vcf").status_code == 403
    assert "format=vcf" not in browser.get(f"{base}/explore").text


def test_guests_are_told_the_name_of_the_link_and_not_of_the_file(
    world: World, explored: Job
) -> None:
    browser, base = come(world, link(world, explored, query=FILTERED, may_download=True))
    stem = explored.input_file_name.partition(".")[0]
    told = browser.get(f"{base}/explore").text
    export = browser.get(f"{base}/explore/export?format=tsv")
    told += export.headers["Content-Disposition"]
    assert "for Ben" in export.headers["Content-Disposition"]
    assert stem not in told


def test_a_link_to_the_whole_job_shows_what_its_owner_chose(world: World, explored: Job) -> None:
    browser, base = come(world, link(world, explored))
    assert browser.get(f"{base}/explore").status_code == 200
    for path in ("log", "files/annotated", "explore/export?format=tsv"):
        assert browser.get(f"{base}/{path}").status_code == 403
    browser, base = come(world, link(world, explored, may_download=True, shows_log=True))
    page = browser.get(base).text
    assert f"{base}/files/annotated" in page
    assert f"{base}/log" in page
    assert browser.get(f"{base}/log").status_code == 200
    assert browser.get(f"{base}/files/annotated").status_code == 303
    assert browser.get(f"{base}/files/log").status_code == 404


ENDINGS: dict[str, Callable[[World, Job, str], object]] = {
    "over": lambda world, job, base: world.clock.advance(7 * DAY),
    "revoked": lambda world, job, base: world.sharing.shares.revoke(
        ADA, job.job_id, base.split("/")[2], now=world.clock.now()
    ),
    "job deleted": lambda world, job, base: world.services.deletions.begin_deleting(
        job.job_id, user_id=ADA, at=world.clock.now()
    ),
    "account deleted": lambda world, job, base: world.accounts.delete(ADA),
}


@pytest.mark.parametrize("ending", ENDINGS)
def test_what_ends_ends_at_once(world: World, explored: Job, ending: str) -> None:
    address = link(world, explored)
    browser, base = come(world, address)
    assert browser.get(f"{base}/explore/rows", headers=JSON).status_code == 200
    ENDINGS[ending](world, explored, base)
    for path in ("", "/explore", "/explore/rows", "/explore/export?format=tsv", "/variants/1-1"):
        assert browser.get(f"{base}{path}").status_code == 404, path
    never = world.client().get("/shared?key=gasshare_" + "0" * 38)
    again = world.client().get(address)
    assert again.status_code == never.status_code == 404
    assert _words(again.text) == _words(never.text)


def _words(page: str) -> str:
    return re.sub(r'content="[^"]+"|<code>.*?</code>|value="[^"]+"', "", page)


def test_a_cookie_opens_its_link_only_and_not_for_long(world: World, explored: Job) -> None:
    browser, base = come(world, link(world, explored))
    _, other = come(world, link(world, explored))
    cookie = browser.get_cookie("__Secure-gas_share", "gas.example.org", base)
    assert cookie is not None
    thief = world.client()
    thief.set_cookie("__Secure-gas_share", cookie.value, domain="gas.example.org", path=other)
    assert thief.get(other).status_code == 404
    thief.set_cookie(
        "__Secure-gas_share", cookie.value[:-2] + "xx", domain="gas.example.org", path=base
    )
    assert thief.get(base).status_code == 404
    assert (
        f"Max-Age={COOKIE_SECONDS}"
        in world.client().get(link(world, explored)).headers["Set-Cookie"]
    )


def test_a_guest_reaches_nothing_else(world: World, explored: Job) -> None:
    browser, base = come(world, link(world, explored, may_download=True, shows_log=True))
    job = f"/annotations/{explored.job_id}"
    for path in (job, f"{job}/explore", f"{job}/log", f"{job}/shares", "/annotations"):
        assert browser.get(path).status_code == 302, path
    assert browser.get(f"/api/v1/jobs/{explored.job_id}").status_code == 401
    token = re.search(r'name="csrf-token" content="([^"]+)"', browser.get(base).text)
    assert token
    assert browser.post(base, data={"csrf_token": token[1]}).status_code == 405


def test_guessing_is_slowed_down(world: World, explored: Job) -> None:
    address = link(world, explored)
    guesser = world.client()
    answers = [guesser.get(f"/shared?key=gasshare_{n:038}").status_code for n in range(GUESSES + 1)]
    assert answers == [404] * GUESSES + [429]
    assert world.client().get(address).status_code == 303  # who has the link is not kept out


def test_every_opening_is_told_to_the_owner(world: World, explored: Job) -> None:
    address = link(world, explored)
    world.client().get(address, environ_base={"REMOTE_ADDR": "198.51.100.7"})
    ben = world.log_in(BEN)
    ben.get(address, environ_base={"REMOTE_ADDR": "2001:db8:1:2::3"})
    looked = world.client().head(address)  # a program that looks at the link is no opening
    assert (looked.status_code, "Set-Cookie" in looked.headers) == (303, False)
    ada = world.log_in(ADA)
    (share,) = world.sharing.shares.of_owner(ADA, now=world.clock.now())
    page = ada.get(f"/annotations/{explored.job_id}/shares/{share.share_id}").text
    assert "opened 2 times" in page
    assert "198.51.100.0/24" in page
    assert "2001:db8:1::/48" in page
    assert "Ben" in page
    assert "198.51.100.7" not in page
    assert ben.get(f"/annotations/{explored.job_id}/shares/{share.share_id}").status_code == 404


def test_the_archive_leaves_the_preview_and_says_why(world: World, explored: Job) -> None:
    whole = link(world, explored)
    part = link(world, explored, query=FILTERED)
    world.clock.advance(301)  # the Free plan's time is over
    browser, base = come(world, whole)
    page = browser.get(base).text
    assert "in the archive" in page
    assert "Ada Lovelace" in page
    assert "What was found" in page
    assert "Premium" not in page
    assert browser.get(f"{base}/explore").status_code == 403
    browser, base = come(world, part)
    page = browser.get(base).text
    assert "in the archive" in page
    assert "What was found" not in page  # the summary speaks of all variants
    world.accounts.set_plan(ADA, Plan.PREMIUM)
    assert browser.get(base).status_code == 303


def test_the_owner_makes_and_ends_a_link(world: World, ada: FlaskClient, explored: Job) -> None:
    where = f"/annotations/{explored.job_id}/shares"
    page = ada.get(f"{where}?impact=HIGH&sort=pos&page=3")
    token = re.search(r'name="csrf-token" content="([^"]+)"', page.text)
    assert token
    assert 'value="impact=HIGH&amp;sort=pos"' in page.text
    form = {"csrf_token": token[1], "name": "for Ben", "life": "3600"}
    view = {"what": "view", "view": "impact=HIGH&sort=pos"}
    ours = {"Referer": PUBLIC_URL}
    made = ada.post(where, data={**form, **view}, headers=ours)
    assert made.status_code == 201
    address = re.search(r'id="fresh">https://gas.example.org([^<]+)<', made.text)
    assert address
    (share,) = world.sharing.shares.of_owner(ADA, now=world.clock.now())
    assert share.query == "impact=HIGH&sort=pos"
    assert share.expires_at == world.clock.now() + 3600
    browser, base = come(world, address[1])
    assert browser.get(base).status_code == 303
    assert "for Ben" in ada.get("/shares").text
    ended = ada.post(f"{where}/{share.share_id}/end", data=form, headers=ours)
    assert ended.status_code == 303
    assert browser.get(base).status_code == 404


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": " "},
        {"name": "see www.example.com"},
        {"life": "1"},
        {"life": "9999999"},
        {"what": "view", "view": "colour=red"},
        {"what": "view", "view": "gene=" + ",".join([f"g{n}" for n in range(201)])},
    ],
)
def test_what_no_link_can_be(
    world: World, ada: FlaskClient, explored: Job, wrong: dict[str, str]
) -> None:
    where = f"/annotations/{explored.job_id}/shares"
    token = re.search(r'name="csrf-token" content="([^"]+)"', ada.get(where).text)
    assert token
    form = {"csrf_token": token[1], "name": "x", "life": "3600", "what": "whole", **wrong}
    answer = ada.post(where, data=form, headers={"Referer": PUBLIC_URL})
    assert answer.status_code == 400
    assert "csrf" not in answer.text.split("<main")[1].split("<form")[0]
    assert "No link was made" in answer.text
    assert world.sharing.shares.of_owner(ADA, now=world.clock.now()) == []


def test_members_explore_and_their_links_are_the_owners_business(
    world: World, explored: Job, made: Made
) -> None:
    ben = world.log_in(BEN)
    world.log_in(ADA)
    explorer = f"/annotations/{explored.job_id}/explore"
    assert ben.get(f"{explorer}/rows", headers=JSON).status_code == 404
    project = world.sharing.projects.create(ADA, "Exomes", now=world.clock.now())
    asked = world.sharing.invitations.invite(
        ADA, project.project_id, "2222@example.org", Role.VIEWER, now=world.clock.now()
    )
    world.sharing.invitations.answer(
        BEN,
        ["2222@example.org"],
        asked.invitation_id,
        accept=True,
        now=world.clock.now(),
    )
    world.sharing.contents.add(ADA, project.project_id, [explored.job_id], now=world.clock.now())
    assert ben.get(f"{explorer}/rows", headers=JSON).json["total"] == len(made.rows)
    page = ben.get(explorer).text
    assert "/explore/export?" in page
    assert 'id="share"' not in page
    assert ben.get(f"{explorer}/export?format=tsv").status_code == 200
    assert ben.get(f"/annotations/{explored.job_id}/shares").status_code == 403
    world.clock.advance(301)  # the owner's plan decides
    refused = ben.get(explorer)
    assert refused.status_code == 403
    assert "/billing" not in refused.text.split("<main")[1]
