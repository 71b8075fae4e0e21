"""One engine run in a process of its own: `python -m annotator.child`.

Reads one line of JSON from standard input, the task:

    {"source", "folder", "name", "file_name", "memory_mib",
     "pack", "strict", "format", "transcripts", "contig_names"}

and answers with lines of JSON on standard output: any number of

    {"progress": {"records_done": 1234, "percent": 56.7}}

then one of

    {"output": {"annotated", "log", "summary", "receipt", "table", "index" (or null),
                "signed_by" (or ""), "input_blake3", "pack_id", "engine" (its version),
                "records_in", "records_annotated",
                "skipped": {reason in words: records}}}
    {"refused": {"code", "message", "remedy", "line", "column", "found", "expected", "rule",
                 "text": the offending line, as far as it is of use}}
    {"unavailable": detail}                      the machine failed, not the input: disk full, …

each with {"times": {"stages": [[name, began, ended], …], "memory_bytes"}}
(`annotator.stages.EngineTimes`).

Standard input stays open for as long as the annotator lives; when it ends, so do we.
"""

import errno
import json
import os
import resource
import sys
import threading
import time
from pathlib import Path
from typing import Any

import anntools
from annotator.refusals import told

_EVERY = 0.5
_MIB = 1024 * 1024
_INDEXES = (".tbi", ".csi")


def main() -> int:
    """Run the task on standard input; the exit code is 0 when it was answered."""
    task = json.loads(sys.stdin.readline())
    threading.Thread(target=_end_with_parent, daemon=True).start()
    _limit(task["memory_mib"])
    watch = _Stopwatch()
    try:
        answer = _annotate(task, watch)
    except anntools.InputRefused as error:
        answer = {"refused": told(error.problem, Path(task["source"]))}
    except _WrongChoice as error:
        remedy = "Submit the file again with a reference pack, and names of contigs, that are here."
        answer = {"refused": {"code": "wrong_options", "message": str(error), "remedy": remedy}}
    except (anntools.PackProblem, anntools.UsageProblem) as error:
        remedy = "Ask the operator of this service, naming the job."
        answer = {"refused": {"code": "engine_setup", "message": str(error), "remedy": remedy}}
    except OSError as error:
        if error.errno == errno.ENOMEM:  # our limit, not the machine's: another try is no better
            raise
        answer = {"unavailable": str(error)}
    _say({**answer, "times": watch.read()})
    return 0


class _Stopwatch:
    """Times the stages of this process."""

    def __init__(self) -> None:
        self._began = time.time_ns()
        self._stages: list[tuple[str, int, int]] = []

    def lap(self, name: str) -> None:
        """The stage of this name has ended, and the next one begins."""
        ended = time.time_ns()
        self._stages.append((name, self._began, ended))
        self._began = ended

    def read(self) -> dict[str, Any]:
        """What `annotator.stages.EngineTimes` takes."""
        most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss  # KiB, on a Mac bytes
        unit = 1 if sys.platform == "darwin" else 1024
        return {"stages": self._stages, "memory_bytes": most * unit}


class _WrongChoice(Exception):
    """The user's choice of a pack, or of names for contigs, cannot be met on this machine."""


def _annotate(task: dict[str, Any], watch: _Stopwatch) -> dict[str, Any]:
    pack = _chosen_pack(task["pack"], task["contig_names"])
    watch.lap("open pack")
    outputs = anntools.outputs_in(Path(task["folder"]), task["name"])
    table = outputs.receipt.with_name(f"{task['name']}.parquet")
    receipt = anntools.annotate(
        task["source"],
        outputs,
        pack,
        anntools.Options(
            strict=task["strict"],
            format=task["format"],
            transcripts=task["transcripts"],
            contig_names=task["contig_names"],
            name=task["file_name"],
            progress=_ProgressPrinter(),
            table=str(table),
            index=True,
        ),
    )
    watch.lap("annotate")
    index = next((file.name for file in receipt.files if file.name.endswith(_INDEXES)), None)
    return {
        "output": {
            "annotated": str(outputs.vcf),
            "log": str(outputs.log),
            "summary": str(outputs.summary),
            "receipt": str(outputs.receipt),
            "table": str(table),
            "index": str(outputs.vcf.with_name(index)) if index else None,
            "signed_by": receipt.signature.fingerprint if receipt.signature else "",
            "input_blake3": receipt.input.blake3,
            "pack_id": receipt.pack_id,
            "engine": receipt.versions["anntools"],
            "records_in": receipt.records_in,
            "records_annotated": receipt.annotated,
            "skipped": {anntools.REASON_WORDS[code]: n for code, n in receipt.skipped.items() if n},
        }
    }


def _chosen_pack(name: str, contig_names: dict[str, str]) -> anntools.Pack:
    """The pack of that name among those at hand: what a user chose is never taken for a path.

    Raises:
        _WrongChoice: there is none, or it has not the contigs that `contig_names` lead to.
        anntools.PackProblem: it cannot be read.
    """
    at_hand = {folder.name: folder for folder in anntools.installed()}
    if name not in at_hand:
        raise _WrongChoice(
            f"There is no reference pack called '{name}' here. There is: {', '.join(at_hand)}."
        )
    pack = anntools.open_pack(at_hand[name])
    try:
        pack.with_names(contig_names)
    except anntools.UsageProblem as error:
        raise _WrongChoice(str(error)) from error
    return pack


class _ProgressPrinter:
    """Passes progress on, a few times a second at the most."""

    def __init__(self) -> None:
        self._next = 0.0

    def __call__(self, progress: anntools.Progress) -> None:
        now = time.monotonic()
        if now >= self._next:
            self._next = now + _EVERY
            _say(
                {
                    "progress": {
                        "records_done": progress.records_done,
                        "percent": progress.percent,
                    }
                }
            )


def _say(answer: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(answer) + "\n")
    sys.stdout.flush()


def _limit(memory_mib: int) -> None:
    """Bound private memory and forbid core dumps. Memory-mapped packs do not count."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    _, most = resource.getrlimit(resource.RLIMIT_DATA)
    wanted = memory_mib * _MIB
    if most == resource.RLIM_INFINITY or wanted < most:
        resource.setrlimit(resource.RLIMIT_DATA, (wanted, wanted))


def _end_with_parent() -> None:
    sys.stdin.read()
    os._exit(1)


if __name__ == "__main__":
    sys.exit(main())
