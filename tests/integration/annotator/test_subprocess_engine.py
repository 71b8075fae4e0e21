"""The engine in its child process: answers, refusals, limits, and who survives whom."""

import base64
import gzip
import os
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest
from pydantic import SecretStr

import anntools
from annotator.engine import EngineDied, EngineRefused, EngineStopped
from annotator.subprocess_engine import SubprocessEngine
from anntools.options import FORMATS, TRANSCRIPTS
from gas.jobs import JobOptions, OutputFormat, Progress, Transcripts
from tests.support.waiting import wait_until

HEADER = "##fileformat=VCFv4.2\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n"
GOOD = "MT\t3243\trs199474657\tA\tG\t.\tPASS\t.\n"
GNAS = "20\t57484420\t.\tC\tT\t.\tPASS\t.\n"
UNKNOWN = "7\t100\t.\tA\tG\t.\tPASS\t.\n"
SHORT = "MT\t100\n"
PLAIN = JobOptions()
#: Fingerprint of the public key to the private key of bytes 0 to 31.
PUBLIC = "SHA256:56475aa75463474c0285df5dbf2bcab73da651358839e9b77481b2eab107708c"


def engine(timeout_seconds: int = 60, memory_mib: int = 4096) -> SubprocessEngine:
    return SubprocessEngine(timeout_seconds=timeout_seconds, memory_mib=memory_mib)


def run(  # type: ignore[no-untyped-def]
    tmp_path: Path, text: str, options: JobOptions = PLAIN, **limits: int
):
    source = tmp_path / "input"
    source.write_text(text)
    out = tmp_path / "out"
    out.mkdir()
    return engine(**limits).run(
        source,
        "melas.vcf",
        out,
        options,
        on_progress=lambda _: None,
        should_stop=lambda: False,
    )


def test_records_are_annotated_and_accounted_for(tmp_path: Path) -> None:
    output = run(tmp_path, HEADER + GOOD + UNKNOWN)
    assert (output.records_in, output.records_annotated) == (2, 1)
    assert list(output.skipped.values()) == [1]
    assert "contig" in next(iter(output.skipped))
    assert output.annotated.name == "melas.annot.vcf.gz"
    assert output.log.name == "melas.vcf.count.log"
    lines = gzip.decompress(output.annotated.read_bytes()).decode().splitlines()
    assert "MT-TL1" in next(line for line in lines if line.startswith("MT\t3243"))
    assert "melas.vcf" in output.log.read_text()
    assert anntools.read_table(output.table).num_rows == 2
    assert output.index is not None
    assert output.index.name == "melas.annot.vcf.gz.tbi"


def test_records_out_of_order_have_no_index(tmp_path: Path) -> None:
    output = run(tmp_path, HEADER + GOOD + GOOD.replace("3243", "1").replace("A\tG", "G\tA"))
    assert output.records_in == 2
    assert output.index is None


def test_the_receipt_is_signed_by_the_key_of_the_service_and_verifies(tmp_path: Path) -> None:
    """Also when the user's file has a name that only a person would choose."""
    source = tmp_path / "input"
    source.write_text(HEADER + GOOD)
    key = base64.b64encode(bytes(range(32))).decode()
    outputs = []
    for name in ("first", "second"):
        (tmp_path / name).mkdir()
        signing = SubprocessEngine(timeout_seconds=60, memory_mib=4096, signing_key=SecretStr(key))
        outputs.append(
            signing.run(
                source,
                "my tumour α.vcf.gz",
                tmp_path / name,
                JobOptions(),
                on_progress=lambda _: None,
                should_stop=lambda: False,
            )
        )
    assert {output.signed_by for output in outputs} == {PUBLIC}
    for output in outputs:
        assert output.receipt.name == "my tumour α.receipt.json"
        assert anntools.verify(output.receipt, PUBLIC) == []
        assert key not in output.receipt.read_text()


@pytest.mark.parametrize(
    ("text", "strict", "line"),
    [
        ("", False, None),
        ("hello\n", False, 1),
        (HEADER + GOOD + SHORT, True, 4),
        (HEADER + SHORT, False, 3),
    ],
)
def test_what_cannot_be_annotated_is_refused_in_words(
    tmp_path: Path, text: str, strict: bool, line: int | None
) -> None:
    with pytest.raises(EngineRefused) as caught:
        run(tmp_path, text, JobOptions(strict=strict))
    failure = caught.value.failure
    assert failure.message
    assert failure.remedy
    assert failure.line == line
    assert bool(failure.text) == (line is not None)


def test_contigs_under_other_names_are_annotated(tmp_path: Path) -> None:
    options = JobOptions(contig_names={"mito": "MT"})
    output = run(tmp_path, HEADER + GOOD.replace("MT", "mito"), options)
    assert (output.records_in, output.records_annotated) == (1, 1)
    assert anntools.read_receipt(output.receipt).options["contig_names"] == {"mito": "MT"}


@pytest.mark.parametrize(
    ("options", "key", "is_alone"),
    [
        (JobOptions(), "CSQ", False),
        (JobOptions(transcripts=Transcripts.PICKED), "CSQ", True),
        (JobOptions(format=OutputFormat.ANN, transcripts=Transcripts.PICKED), "ANN", True),
        (JobOptions(format=OutputFormat.BCSQ), "BCSQ", False),
        (JobOptions(format=OutputFormat.CLASSIC), "functionalClass", False),
    ],
)
def test_the_file_is_written_as_it_was_asked_for(
    tmp_path: Path, options: JobOptions, key: str, is_alone: bool
) -> None:
    output = run(tmp_path, HEADER + GNAS, options)
    told = anntools.read_receipt(output.receipt).options
    assert (told["format"], told["transcripts"]) == (options.format, options.transcripts)
    with gzip.open(output.annotated, "rt", encoding="utf-8") as file:
        (line,) = [line for line in file if not line.startswith("#")]
    info = dict(part.partition("=")[::2] for part in line.split("\t")[7].split(";"))
    assert ("," not in info[key]) is is_alone


def test_every_format_of_the_engine_can_be_chosen() -> None:
    assert tuple(OutputFormat) == FORMATS
    assert tuple(Transcripts) == TRANSCRIPTS


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (JobOptions(pack="nowhere"), "'nowhere' here. There is: .*demo"),
        (JobOptions(pack=str(Path(anntools.__file__).parent / "packs" / "demo")), "called"),
        (JobOptions(contig_names={"mito": "M7"}), "'mito' cannot be read as 'M7'"),
    ],
)
def test_a_choice_that_cannot_be_met_is_refused_in_words(
    tmp_path: Path, options: JobOptions, words: str
) -> None:
    with pytest.raises(EngineRefused, match=words) as caught:
        run(tmp_path, HEADER + GOOD, options)
    assert caught.value.failure.code == "wrong_options"
    assert "again" in caught.value.failure.remedy


def test_packs_are_where_the_environment_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So that a pack which the web app offers is found."""
    packs = tmp_path / "packs"
    packs.mkdir()
    (packs / "mine").symlink_to(Path(anntools.__file__).parent / "packs" / "demo")
    monkeypatch.setenv("ANNTOOLS_PACKS", str(packs))
    output = run(tmp_path, HEADER + GOOD, JobOptions(pack="mine"))
    assert output.records_annotated == 1


def test_too_little_memory_is_a_death_not_a_hang(tmp_path: Path) -> None:
    with pytest.raises(EngineDied) as caught:
        run(tmp_path, HEADER + GOOD, memory_mib=60)
    assert caught.value.failure.code == "out_of_memory"


def test_the_time_limit_refuses(tmp_path: Path) -> None:
    with pytest.raises(EngineRefused) as caught:
        run(tmp_path, HEADER + GOOD, timeout_seconds=0)
    assert caught.value.failure.code == "time_limit"


def test_a_stop_ends_the_child(tmp_path: Path) -> None:
    source = tmp_path / "input"
    source.write_text(HEADER + GOOD)
    with pytest.raises(EngineStopped):
        engine().run(
            source,
            "a.vcf",
            tmp_path,
            JobOptions(),
            on_progress=lambda _: None,
            should_stop=lambda: True,
        )
    assert not [child for child in psutil.Process().children() if is_engine(child)]


def is_engine(process: psutil.Process) -> bool:
    try:
        return "annotator.child" in process.cmdline()
    except (psutil.NoSuchProcess, psutil.ZombieProcess):
        return False


def test_progress_is_reported_on_a_large_file(tmp_path: Path) -> None:
    source = tmp_path / "input"
    source.write_text(HEADER + GOOD * 100_000)
    seen: list[Progress] = []
    output = engine().run(
        source,
        "large.vcf",
        tmp_path,
        JobOptions(),
        on_progress=seen.append,
        should_stop=lambda: False,
    )
    assert output.records_in == 100_000
    assert seen
    assert [p.records_done for p in seen] == sorted(p.records_done for p in seen)


def test_the_child_does_not_outlive_the_annotator(tmp_path: Path) -> None:
    """kill -9 of the parent closes the pipe, and the child ends itself."""
    fifo = tmp_path / "input"
    os.mkfifo(fifo)  # the engine waits for ever to read it
    script = f"""
from pathlib import Path
from annotator.subprocess_engine import SubprocessEngine
task = {{"source": {str(fifo)!r}, "folder": {str(tmp_path)!r}, "name": "a", "file_name": "a.vcf",
        "memory_mib": 4096, "pack": "demo", "strict": False, "format": "csq",
        "transcripts": "all", "contig_names": {{}}}}
child = SubprocessEngine(timeout_seconds=60, memory_mib=4096)._start(task, Path({str(tmp_path)!r}))
print(child.pid, flush=True)
child.wait()
"""
    parent = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    child = psutil.Process(int(parent.stdout.readline()))
    wait_until(lambda: "annotator.child" in " ".join(child.cmdline()), seconds=10)
    parent.send_signal(signal.SIGKILL)
    parent.communicate()
    wait_until(lambda: not child.is_running() or child.status() == psutil.STATUS_ZOMBIE, seconds=10)
