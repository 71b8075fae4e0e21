"""The command: what it prints, what it ends with, what it keeps."""

import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.unit.client.conftest import Command
from tests.unit.client.service import DELIVERY, TOKEN, URL, WEBHOOK, Service, problem


@pytest.fixture
def vcf(tmp_path: Path) -> Path:
    path = tmp_path / "a.vcf"
    path.write_text("##fileformat=VCFv4.2\n")
    return path


def lines(text: str) -> list[Any]:
    return [json.loads(line) for line in text.splitlines()]


# ---------------------------------------------------------------- annotate


def test_annotate_sends_and_tells_the_job(run: Command, service: Service, vcf: Path) -> None:
    done = run("annotate", str(vcf))
    assert done.exit_code == 0, done.output
    assert done.stdout.split("\t") == [next(iter(service.jobs)), "PENDING", "a.vcf\n"]


def test_annotate_waits_and_fetches(
    run: Command, service: Service, vcf: Path, tmp_path: Path
) -> None:
    done = run("annotate", str(vcf), "-o", str(tmp_path / "out"), "--json")
    assert done.exit_code == 0, done.output
    (found,) = lines(done.stdout)
    assert found["job"]["status"] == "COMPLETED"
    assert done.stderr == ""
    assert Path(found["files"][0]).read_bytes() == b"annotated " + vcf.read_bytes()


def test_annotate_goes_from_standard_input_to_standard_output(run: Command) -> None:
    done = run("annotate", "-", "--wait", input=b"##fileformat\n")
    assert done.exit_code == 0, done.output
    assert done.stdout_bytes == b"annotated ##fileformat\n"


def test_annotate_tells_the_service_what_is_wanted(
    run: Command, service: Service, vcf: Path
) -> None:
    words = ("--pack", "grch38", "--strict", "--rename", "chrM=MT", "--rename", "chr20=20")
    words += ("--format", "ann", "--transcripts", "picked")
    assert run("annotate", str(vcf), *words).exit_code == 0
    sent = json.loads(service.asked("POST", "/uploads")[0].content)
    names = {"chrM": "MT", "chr20": "20"}
    assert sent["options"] == {
        "pack": "grch38",
        "strict": True,
        "contig_names": names,
        "format": "ann",
        "transcripts": "picked",
    }


def test_many_files_are_annotated_side_by_side(
    run: Command, service: Service, tmp_path: Path
) -> None:
    paths = [tmp_path / str(n) / "same.vcf" for n in range(12)]
    for n, path in enumerate(paths):
        path.parent.mkdir()
        path.write_text(f"file {n}")
    service.looks_to_end = 2
    done = run("annotate", *map(str, paths), "-o", str(tmp_path / "out"))
    assert done.exit_code == 0, done.output
    found = {path.read_bytes() for path in (tmp_path / "out").rglob("*.vcf.gz")}
    assert found == {f"annotated file {n}".encode() for n in range(12)}
    assert len(service.jobs) == 12


def test_one_file_that_fails_leaves_the_others_alone(
    run: Command, service: Service, tmp_path: Path
) -> None:
    paths = [tmp_path / name for name in ("a.vcf", "b.vcf")]
    for path in paths:
        path.write_text("x")
    service.fail("/uploads$", problem(413, "upload_too_large", "Take less."))
    done = run("annotate", *map(str, paths), "-o", str(tmp_path / "out"), "--parallel", "1")
    assert done.exit_code == 4
    assert "Take less." in done.stderr
    assert (tmp_path / "out" / "b.annot.vcf.gz").exists()


def test_a_failed_job_is_told_with_its_remedy(run: Command, service: Service, vcf: Path) -> None:
    service.outcome = "FAILED"
    done = run("annotate", str(vcf), "--wait")
    assert done.exit_code == 1
    assert "It is no VCF." in done.stderr
    assert "Send a VCF." in done.stderr


def test_a_job_that_somebody_deleted_is_told_beside_the_others(
    run: Command, service: Service, tmp_path: Path
) -> None:
    paths = [tmp_path / name for name in ("a.vcf", "b.vcf")]
    for path in paths:
        path.write_text("x")
    service.looks_to_end = 5

    def delete(request: httpx.Request) -> httpx.Response | None:
        waiting = [i for i, job in service.jobs.items() if job.document["status"] == "PENDING"]
        looking = request.method == "GET" and "/files" not in request.url.path
        if looking and waiting and len(service.jobs) == 2:
            del service.jobs[waiting[-1]]
        return None

    service.faults.append(delete)
    done = run("annotate", *map(str, paths), "-o", str(tmp_path / "out"), "--json")
    assert done.exit_code == 4
    found = {each["error"] and each["error"]["code"] for each in lines(done.stdout)}
    assert found == {None, "not_found"}


def test_jobs_are_told_though_the_network_is_lost_while_they_are_waited_for(
    run: Command, service: Service, vcf: Path
) -> None:
    service.fail(r"/jobs/[0-9a-f]{8}", httpx.ConnectError("refused"), times=99)
    done = run("annotate", str(vcf), "--wait")
    assert done.exit_code == 5
    assert next(iter(service.jobs)) in done.stdout


def test_an_interrupt_while_waiting_ends_quietly(run: Command, service: Service, vcf: Path) -> None:
    def interrupt(request: httpx.Request) -> httpx.Response | None:
        if request.method == "GET":
            raise KeyboardInterrupt
        return None

    service.faults.append(interrupt)
    done = run("annotate", str(vcf), "--wait")
    assert done.exit_code == 130
    assert "gas jobs" in done.stderr


def test_the_first_file_without_a_login_ends_it(
    run: Command, service: Service, tmp_path: Path
) -> None:
    paths = [tmp_path / f"{n}.vcf" for n in range(20)]
    for path in paths:
        path.write_text("x")
    service.revoked = True
    assert run("annotate", *map(str, paths), "--parallel", "1").exit_code == 3
    assert len(service.requests) < 20


WRONG = {
    "no such file": ("annotate", "no.vcf"),
    "a renaming that is none": ("annotate", __file__, "--rename", "chrM"),
    "a file twice": ("annotate", __file__, __file__),
    "no file": ("annotate",),
    "no command": ("nonsense",),
    "no state": ("jobs", "--status", "nonsense"),
    "no time": ("jobs", "--since", "yesterday"),
    "a token in the list of processes": ("login", URL, "--token", TOKEN),
}


@pytest.mark.parametrize("case", WRONG)
def test_usage_is_corrected(run: Command, service: Service, case: str) -> None:
    done = run(*WRONG[case])
    assert done.exit_code == 2
    assert done.stderr
    assert service.requests == []
    assert TOKEN not in done.output


# ---------------------------------------------------------------- jobs


def test_jobs_are_listed(run: Command, service: Service) -> None:
    ids = [service.add(f"{n}.vcf", status="COMPLETED") for n in range(120)]
    assert [line.split("\t")[0] for line in run("jobs").stdout.splitlines()] == ids[:-21:-1]
    everything = run("jobs", "--all", "--json")
    assert [job["job_id"] for job in lines(everything.stdout)] == ids[::-1]


def test_jobs_are_filtered(run: Command, service: Service) -> None:
    words = ("--status", "failed", "--text", "x", "--since", "7d", "--until", "2026-11-02")
    assert run("jobs", *words, "--oldest-first").exit_code == 0
    asked = service.requests[0].url.params
    assert (asked["status"], asked["text"], asked["oldest_first"]) == ("FAILED", "x", "true")
    assert asked["until"].startswith("2026-11-0")


def test_a_job_is_shown_and_its_log(run: Command, service: Service) -> None:
    job = service.add("a.vcf", status="FAILED")
    shown = run("show", job)
    assert "It is no VCF. (line 1)" in shown.stdout
    assert json.loads(run("show", job, "--json").stdout)["failure"]["remedy"] == "Send a VCF."
    assert run("log", job).stdout == "everything went well\n"


@pytest.mark.parametrize("command", ["cancel", "rerun"])
def test_every_job_that_can_be_is_changed(run: Command, service: Service, command: str) -> None:
    jobs = [service.add(), service.add()]
    done = run(command, *jobs, "--json")
    assert done.exit_code == 0, done.output
    assert len(lines(done.stdout)) == 2


def test_what_one_job_refuses_holds_up_no_other(run: Command, service: Service) -> None:
    done = run("cancel", service.add(status="COMPLETED"), service.add())
    assert done.exit_code == 4
    assert "CANCELLED" in done.stdout
    assert "job_ended" in done.stderr


def test_delete_asks_first(run: Command, service: Service) -> None:
    job = service.add()
    assert run("delete", job, input="n\n").exit_code == 1
    assert job in service.jobs
    assert run("delete", job, "--yes").exit_code == 0
    assert job not in service.jobs
    assert run("delete", job, "--yes").exit_code == 4


def test_watch_follows_what_is_under_way(run: Command, service: Service) -> None:
    service.looks_to_end = 4
    service.add("done.vcf", status="COMPLETED")
    service.add("open.vcf")
    done = run("watch", "--json")
    assert done.exit_code == 0, done.output
    assert [job["status"] for job in lines(done.stdout)] == ["PENDING", "COMPLETED"]
    assert run("watch").exit_code == 0


def test_watch_ends_as_the_job_did(run: Command, service: Service) -> None:
    service.outcome = "FAILED"
    assert run("watch", service.add()).exit_code == 1


# ---------------------------------------------------------------- results, variants


def test_results_are_fetched(run: Command, service: Service, tmp_path: Path) -> None:
    jobs = [service.add(f"{n}.vcf", b"x%d" % n, "COMPLETED") for n in range(2)]
    done = run("get", *jobs, "-o", str(tmp_path))
    assert done.exit_code == 0, done.output
    assert (tmp_path / "1.annot.vcf.gz").read_bytes() == b"annotated x1"


NO_RESULTS = {
    "a job that waits": ("PENDING", (), 4),
    "a job that failed": ("FAILED", (), 1),
    "a file that it has not": ("COMPLETED", ("--file", "nonsense"), 2),
}


@pytest.mark.parametrize("case", NO_RESULTS)
def test_what_cannot_be_fetched_is_told(run: Command, service: Service, case: str) -> None:
    status, words, code = NO_RESULTS[case]
    service.looks_to_end = 99
    done = run("get", service.add(status=status), *words)
    assert done.exit_code == code
    assert "Error: " in done.stderr


def test_a_damaged_file_ends_with_1(run: Command, service: Service, tmp_path: Path) -> None:
    service.damage = 9
    done = run("get", service.add(status="COMPLETED"), "-o", str(tmp_path))
    assert done.exit_code == 1
    assert list(tmp_path.glob("a.*")) == []


def test_variants_are_a_table_or_json(run: Command) -> None:
    done = run("variants", "20:4680251:A:G")
    assert done.stdout.split("\t")[:3] == ["20:4680251:A:G", "PRNP", "missense_variant"]
    (found,) = lines(run("variants", "20:4680251:A:G", "--json").stdout)
    assert found["answer"]["alleles"][0]["symbol"] == "PRNP"


def test_variants_come_by_standard_input(run: Command, service: Service) -> None:
    text = "# header\n" + "20:1:A:G\n" * 1500
    done = run("variants", "-", "--json", input=text)
    assert len(lines(done.stdout)) == 1500
    assert len(service.asked("POST", "/variants")) == 2


def test_a_variant_that_is_none_is_told_beside_the_others(run: Command) -> None:
    done = run("variants", "bad", "20:1:A:G")
    assert done.exit_code == 1
    assert "Not a variant. Look at it." in done.stdout
    assert "PRNP" in done.stdout


def test_packs_and_account(run: Command) -> None:
    assert run("packs").stdout.startswith("demo\tGRCh37\t4\tclinvar")
    assert "ada@example.org" in run("whoami").stdout
    assert json.loads(run("whoami", "--json").stdout)["account"]["plan"] == "free"


# ---------------------------------------------------------------- errors


ENDS = {
    "not logged in": (problem(401, "invalid_token"), 3),
    "refused": (problem(403, "insufficient_scope"), 4),
    "fault of the service": (problem(500, "internal_error"), 5),
    "another kind of server": (httpx.Response(200, text="Do otherwise. I am a wiki."), 5),
}


@pytest.mark.parametrize("case", ENDS)
def test_errors_end_with_their_code_and_say_what_to_do(
    run: Command, service: Service, case: str
) -> None:
    reply, code = ENDS[case]
    service.fail("/account", reply)
    done = run("whoami")
    assert done.exit_code == code
    assert done.stdout == ""
    assert "Do otherwise." in done.stderr or "Check the address" in done.stderr
    assert "Traceback" not in done.output


def test_errors_are_json_where_that_was_asked_for(run: Command, service: Service) -> None:
    service.fail("/account", problem(403, "insufficient_scope"))
    found = json.loads(run("whoami", "--json").stderr)["error"]
    assert (found["code"], found["status"]) == ("insufficient_scope", 403)


def test_no_network_ends_with_5(run: Command, service: Service) -> None:
    service.fail("/account", httpx.ConnectError("refused"), times=99)
    assert run("whoami").exit_code == 5


def test_an_interrupt_ends_quietly(run: Command, service: Service) -> None:
    def interrupt(_request: httpx.Request) -> httpx.Response:
        raise KeyboardInterrupt

    service.faults.append(interrupt)
    done = run("whoami")
    assert done.exit_code == 130
    assert "Traceback" not in done.output


def test_what_a_file_is_called_cannot_play_with_the_terminal(
    run: Command, service: Service
) -> None:
    service.add("\x1b]0;x\x07\ta.vcf", status="FAILED")
    assert "\x1b" not in run("jobs").stdout.replace("�", "")


def test_what_was_annotated_before_is_not_sent_again(
    run: Command, service: Service, vcf: Path
) -> None:
    first = json.loads(run("annotate", str(vcf), "--wait", "--json").stdout)
    again = run("annotate", str(vcf), "--json")
    told = json.loads(again.stdout)
    assert (told["earlier"], told["job"]["job_id"]) == (True, first["job"]["job_id"])
    assert len(service.asked("POST", "/uploads")) == 1
    assert "--again" in run("annotate", str(vcf)).stderr
    assert json.loads(run("annotate", str(vcf), "--again", "--json").stdout)["earlier"] is False
    assert len(service.asked("POST", "/uploads")) == 2


def test_a_server_that_knows_no_earlier_jobs_is_sent_the_file(
    run: Command, service: Service, vcf: Path
) -> None:
    service.fail("/jobs/earlier", problem(404, "not_found"))
    assert run("annotate", str(vcf)).exit_code == 0
    assert len(service.asked("POST", "/uploads")) == 1


@pytest.mark.parametrize("words", [("annotate", "FILE", "--wait"), ("watch",)])
def test_waiting_ends_after_the_timeout(
    run: Command, service: Service, vcf: Path, words: tuple[str, ...]
) -> None:
    service.looks_to_end = 10**9
    service.add()
    done = run(*(str(vcf) if word == "FILE" else word for word in words), "--timeout", "0")
    assert done.exit_code == 5
    assert "Not all jobs have ended" in done.stderr
    assert "PENDING" in done.stdout


def test_webhooks_are_listed_made_tried_and_deleted(run: Command, service: Service) -> None:
    assert WEBHOOK["url"] in run("webhooks", "list").stdout
    made = run("webhooks", "add", "https://x.example.org/", "--event", "job.failed", "--slack")
    assert "whsec_" in made.stdout
    sent = json.loads(service.asked("POST", "/webhooks$")[0].content)
    assert (sent["events"], sent["format"]) == (["job.failed"], "slack")
    endpoint = WEBHOOK["endpoint_id"]
    assert "delivered" in run("webhooks", "test", endpoint).stdout
    assert "204" in run("webhooks", "log", endpoint).stdout
    assert run("webhooks", "delete", endpoint).exit_code == 0


def test_a_test_that_was_not_taken_ends_with_1(
    run: Command, service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(DELIVERY, "state", "failed")
    assert run("webhooks", "test", WEBHOOK["endpoint_id"]).exit_code == 1
