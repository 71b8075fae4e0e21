"""A report of a job tells what happened, and nothing of a person or their variants."""

import io
import json
import re
import zipfile

import pytest

from gas.jobs import Failure
from tests.unit.web.conftest import ADA, BEN, World, complete, fail, make_job
from web.report.redact import Redactor

SECRETS = (
    "ada@example.org",
    "/home/ada/cohorts/trio.vcf.gz",
    "C:\\Users\\ada\\trio.vcf",
    "trio_family_7.vcf.gz",
    "20:4680251",
    "chr20:4,680,251-4,680,300",
    "NC_000020.10:g.4680251A>G",
    "NM_000311.5:c.385A>G",
    "p.Met129Val",
    "rs1799990",
    "20\t4680251\trs1799990\tA\tG\t99\tPASS\t.\tGT\t0/1",
    "position 4680251",
    "POS 4,680,251",
    "ACGTACGT",
    "0|1",
    "“NA12878”",
    "https://data.example.org/x?sig=1",
    "feb83dd333dba7b145b139c8c61255692d2887265397d46383e123261f5c2daa",
    "ada11111-1111-4111-8111-111111111111",
)


@pytest.mark.parametrize("secret", SECRETS)
def test_what_tells_of_somebody_is_taken_out(secret: str) -> None:
    redacted = Redactor()(f"line 7: something about {secret} is wrong")
    assert secret not in redacted
    for token in re.findall(r"[A-Za-z0-9|]{3,}", secret):
        assert token not in redacted, redacted
    assert redacted.startswith("[record]" if "\t" in secret else "line 7: something about")


def test_a_long_line_is_cut_before_it_is_looked_through() -> None:
    # Uncut, these took minutes: the patterns' time grows with the square of a line's length.
    for endless in ("a" * 200_000, "c." * 100_000, "ACGT\t" * 2 + "A" * 200_000):
        cleaned = Redactor()(f"{endless}\nTotal: 56")
        assert len(cleaned) < 1100
        assert cleaned.endswith("\nTotal: 56")


@pytest.mark.parametrize(
    "text",
    [
        "Total: 56",
        "In dbSNP: 55 (98.2%), by the rs numbers in the ID column",
        "In '3 UTR: 2",
        "In '5 UTR: 0",
        "  missense_variant: 35",
        "Impact: HIGH 12, MODERATE 35, LOW 1, MODIFIER 8",
        "Transitions/transversions: 54/2 = 27.00",
        "Reference pack demo-6cae53157d87 (GRCh37); anntools 0.1.0, llvmlite 0.50.0",
        "Records in: 56 = annotated 56 + passed through unchanged 0. Records out: 56.",
    ],
)
def test_counts_and_versions_stay(text: str) -> None:
    assert Redactor(["trio.vcf", "Ada Lovelace"])(text) == text


def test_names_that_are_known_go_wherever_they_stand() -> None:
    redact = Redactor(["Trio of Ada.vcf", "Ada"])
    assert redact("Input trio of ada.vcf by ada") == "Input [name] by [name]"


def _failed(world: World, **fields: object) -> str:
    job = make_job(world)
    failure = Failure(
        code="bad_field",
        message="POS is not a number.",
        line=7,
        column=4,
        found="46802x51",
        text="20\t46802x51\trs1799990\tA\tG",
        rule="VCF 4.3, 1.6.1",
    )
    fail(world, job, failure)
    return job.job_id


def test_a_failed_job_is_reported_without_its_line_unless_it_is_wanted(world: World) -> None:
    client, job_id = world.log_in(ADA), _failed(world)
    assert f"/annotations/{job_id}/report" in client.get(f"/annotations/{job_id}").text
    page = client.get(f"/annotations/{job_id}/report")
    assert page.status_code == 200
    assert "46802x51" not in page.text
    assert "bad_field" in page.text
    assert "Add the line" in page.text
    assert "46802x51" in client.get(f"/annotations/{job_id}/report?line=1").text
    files = _unzip(client.get(f"/annotations/{job_id}/report.zip").data)
    assert set(files) >= {"README.txt", "job.json"}
    assert "46802x51" not in "".join(files.values())
    about = json.loads(files["job.json"])
    assert about["failure"]["code"] == "bad_field"
    assert about["status"] == "FAILED"
    assert (
        "46802x51"
        in _unzip(client.get(f"/annotations/{job_id}/report.zip?line=1").data)["job.json"]
    )


def test_a_job_that_completed_is_reported_with_its_counts(world: World) -> None:
    client = world.log_in(ADA)
    job = complete(world, make_job(world))
    assert job.results
    receipt = {
        "input": {"name": job.input_file_name, "blake3": "f" * 64},
        "records_in": 3,
        "annotated": 2,
        "skipped": {"unknown_contig": 1},
        "options": {"strict": False, "contig_names": {"secret_scaffold": "20"}},
        "problems": [{"code": "unknown_contig", "message": "secret_scaffold is not known"}],
        "something_new": "secret",
    }
    world.results.put(job.results.receipt.key, json.dumps(receipt).encode())
    log = f"Input {job.input_file_name}\nTotal: 3\n  line 7: secret_place:4680251 A>G\n"
    world.results.put(job.results.log.key, log.encode())
    files = _unzip(client.get(f"/annotations/{job.job_id}/report.zip").data)
    told = json.loads(files["receipt.json"])
    assert (told["records_in"], told["skipped"]) == (3, {"unknown_contig": 1})
    assert told["problems"] == {"unknown_contig": 1}
    everything = "".join(files.values())
    assert "Total: 3" in files["log.txt"]
    for secret in (job.input_file_name, "secret", "4680251", "A>G", "f" * 64, ADA, "example.org"):
        assert secret not in everything


def test_only_who_may_read_the_log_may_report(world: World) -> None:
    job_id = _failed(world)
    assert world.log_in(BEN).get(f"/annotations/{job_id}/report").status_code == 404
    assert world.log_in(BEN).get(f"/annotations/{job_id}/report.zip").status_code == 404


def _unzip(data: bytes) -> dict[str, str]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {name: archive.read(name).decode() for name in archive.namelist()}
