"""The real engine: `python -m annotator.child` in a process of its own, watched from here.

The child gets a clean environment (no credentials, but the key that signs receipts), limits on
memory and core dumps, and a pipe on its standard input that closes when this process dies, upon
which it ends itself. It answers with JSON lines on standard output (`child.py` documents them).
"""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any

from pydantic import SecretStr

import annotator
from annotator.engine import EngineDied, EngineOutput, EngineRefused, EngineStopped
from annotator.stages import EngineTimes, note_engine, now
from gas import keys
from gas.errors import ServiceUnavailable
from gas.jobs import Failure, JobOptions, Progress
from gas.logs import get_logger

log = get_logger()

_LOOK_EVERY = 0.2
_STDERR_LINES = 40
_PLACES = ("XDG_CACHE_HOME", "XDG_DATA_HOME", "ANNTOOLS_CACHE", "ANNTOOLS_CPU", "ANNTOOLS_PACKS")
"""Where compiled code (and of which kind) and reference packs are: the same for the web app, which
shows the packs."""
_INHERITED = ("PATH", "LANG", "LC_ALL", "HOME", *_PLACES)
_OUT_OF_MEMORY = Failure(
    code="out_of_memory",
    message="The annotation needed more memory than this service gives a job.",
    remedy="Split the file by chromosome, or drop samples that are not needed, and submit the "
    "parts.",
)
_CRASHED = Failure(
    code="engine_crashed",
    message="The annotation program crashed on this file.",
    remedy="This is a fault of the program, not of yours; the operator is told. Naming the job, "
    "you may ask them for help.",
)


class SubprocessEngine:
    """`annotator.engine.Engine` in a child process."""

    def __init__(
        self, *, timeout_seconds: int, memory_mib: int, signing_key: SecretStr | None = None
    ) -> None:
        self._timeout = timeout_seconds
        self._memory_mib = memory_mib
        self._signing_key = signing_key.get_secret_value() if signing_key else ""

    def run(
        self,
        source: Path,
        source_name: str,
        folder: Path,
        options: JobOptions,
        *,
        on_progress: Callable[[Progress], None],
        should_stop: Callable[[], bool],
    ) -> EngineOutput:
        task = {
            "source": str(source),
            "folder": str(folder),
            "name": keys.own_stem(source_name),
            "file_name": source_name,
            "memory_mib": self._memory_mib,
            **options.model_dump(mode="json"),
        }
        started = now()
        with self._start(task, folder) as child:
            answers = _Answers(child, on_progress)
            try:
                self._watch(child, should_stop)
            finally:
                _kill(child)
                answers.close()
        note_engine(EngineTimes.model_validate(answers.last.pop("times", {})), started=started)
        return _outcome(answers.last, child.returncode, answers.errors)

    def _start(self, task: dict[str, Any], folder: Path) -> "subprocess.Popen[str]":
        root = str(Path(annotator.__file__).resolve().parent.parent)
        env = {name: os.environ[name] for name in _INHERITED if name in os.environ}
        env |= {"PYTHONPATH": root, "TMPDIR": str(folder), "PYTHONUNBUFFERED": "1"}
        env["PYTHONUTF8"] = "1"  # file names are the user's, whatever the machine's locale
        env["OPENBLAS_NUM_THREADS"] = "1"  # imported, not used; takes memory for every core
        if self._signing_key:
            env["ANNTOOLS_SIGNING_KEY"] = self._signing_key
        child = subprocess.Popen(  # noqa: S603  a fixed command; the task goes in as JSON
            [_python(), "-m", "annotator.child"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd=folder,
            env=env,
            text=True,
            encoding="utf-8",
            errors="replace",
            start_new_session=True,
        )
        assert child.stdin is not None
        try:
            # The pipe stays open: its end is how the child learns that we died.
            child.stdin.write(json.dumps(task) + "\n")
            child.stdin.flush()
        except BrokenPipeError:
            log.warning("engine_died_at_start")
        return child

    def _watch(self, child: "subprocess.Popen[str]", should_stop: Callable[[], bool]) -> None:
        deadline = time.monotonic() + self._timeout
        while True:
            try:
                child.wait(_LOOK_EVERY)
                return
            except subprocess.TimeoutExpired:
                if should_stop():
                    raise EngineStopped from None
            if time.monotonic() > deadline:
                raise EngineRefused(_too_long(self._timeout))


class _Answers:
    """Reads what the child says, in threads, so that it never blocks on a full pipe."""

    def __init__(
        self, child: "subprocess.Popen[str]", on_progress: Callable[[Progress], None]
    ) -> None:
        self.last: dict[str, Any] = {}
        self._errors: deque[str] = deque(maxlen=_STDERR_LINES)
        self._on_progress = on_progress
        assert child.stdout is not None
        assert child.stderr is not None
        self._threads = [
            threading.Thread(target=self._read_answers, args=(child.stdout,), daemon=True),
            threading.Thread(target=self._read_errors, args=(child.stderr,), daemon=True),
        ]
        for thread in self._threads:
            thread.start()

    def close(self) -> None:
        for thread in self._threads:
            thread.join(timeout=5)

    @property
    def errors(self) -> str:
        return "".join(self._errors)[-4000:]

    def _read_answers(self, stream: IO[str]) -> None:
        for line in stream:
            try:
                answer = json.loads(line)
            except ValueError:
                self._errors.append(line)
                continue
            if "progress" in answer:
                self._on_progress(Progress.model_validate(answer["progress"]))
            else:
                self.last = answer

    def _read_errors(self, stream: IO[str]) -> None:
        for line in stream:
            self._errors.append(line)


def _outcome(answer: dict[str, Any], code: int, errors: str) -> EngineOutput:
    if "refused" in answer:
        written = answer.get("log")
        raise EngineRefused(
            Failure.model_validate(answer["refused"]), Path(written) if written else None
        )
    if "unavailable" in answer:
        raise ServiceUnavailable(f"This machine cannot annotate just now: {answer['unavailable']}")
    if code != 0 or "output" not in answer:
        detail = f"exit code {code}: {errors.strip() or 'nothing on standard error'}"
        raise EngineDied(detail, _OUT_OF_MEMORY if _ran_out(code, errors) else _CRASHED)
    output = answer["output"]
    return EngineOutput(
        annotated=Path(output["annotated"]),
        log=Path(output["log"]),
        summary=Path(output["summary"]),
        receipt=Path(output["receipt"]),
        table=Path(output["table"]),
        index=Path(output["index"]) if output["index"] else None,
        signed_by=output["signed_by"],
        records_in=output["records_in"],
        records_annotated=output["records_annotated"],
        skipped=output["skipped"],
        input_blake3=output["input_blake3"],
        pack_id=output["pack_id"],
        engine=output["engine"],
    )


def _ran_out(code: int, errors: str) -> bool:
    """Whether the child's end looks like a lack of memory: its own word, or the kernel's kill."""
    signs = (
        "MemoryError",
        "Unable to allocate",
        "Cannot allocate memory",
        "Memory allocation still failed",  # OpenBLAS
        "failed to map",
    )
    return code == -signal.SIGKILL or any(sign in errors for sign in signs)


def _kill(child: "subprocess.Popen[str]") -> None:
    """End the child and whatever it started; no effect when it has ended."""
    if child.poll() is None:
        child.kill()
        child.wait()


def _too_long(timeout: int) -> Failure:
    return Failure(
        code="time_limit",
        message=f"The annotation took longer than the {timeout / 3600:.3g} hours this service "
        "gives a job.",
        remedy="Split the file by chromosome and submit the parts.",
    )


def _python() -> str:
    """The interpreter with our packages; under uWSGI `sys.executable` is the bare one beneath."""
    ours = Path(sys.prefix) / "bin" / "python"
    return str(ours) if ours.exists() else sys.executable
