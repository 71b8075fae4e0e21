import json
import logging
import subprocess
import sys
from pathlib import Path

import pytest

#: Runs in a process of its own: what it sets up is the whole process's.
PROGRAM = """
import logging, threading
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from gas.logs import bound, configure, get_logger
from gas import tracing
configure("test")
trace.set_tracer_provider(TracerProvider())
log = get_logger()
with tracing.span("x"), bound(job_id="j1"):
    log.info("said", link="https://b/k?X-Amz-Signature=abc", user_email="ada@example.org")
logging.getLogger("library").warning("refused %s", "gaspat_0123456789abcdef")
logging.getLogger("library").info("nobody needs this")
try:
    raise ValueError("Authorization: Bearer abcdefghijkl")
except ValueError:
    log.exception("failed")
def die():
    raise RuntimeError("ada@example.org")
thread = threading.Thread(target=die, name="slot-1"); thread.start(); thread.join()
raise RuntimeError("code=0123456789abcdef&x=y")
"""


@pytest.fixture(scope="module")
def lines() -> list[dict[str, str]]:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        capture_output=True,
        text=True,
        cwd=Path(__file__).parents[3],
        check=False,
    )
    for secret in ("ada@", "abc", "0123456789abcdef"):
        assert secret not in done.stderr
    return [json.loads(line) for line in done.stderr.splitlines()]


def test_every_line_is_json_and_names_the_service(lines: list[dict[str, str]]) -> None:
    said = [line["message"] for line in lines]
    assert said == ["said", "refused [redacted]", "failed", "thread_ended", "process_ended"]
    assert {line["service"] for line in lines} == {"test"}


def test_lines_carry_what_is_bound_and_the_trace(lines: list[dict[str, str]]) -> None:
    first = lines[0]
    assert (first["job_id"], len(first["trace_id"]), len(first["span_id"])) == ("j1", 32, 16)
    assert "trace_id" not in lines[1]


def test_secrets_are_gone_from_values_libraries_and_tracebacks(
    lines: list[dict[str, str]],
) -> None:
    assert (lines[0]["link"], lines[0]["user_email"]) == ("https://b/k?[redacted]", "[mail]")
    assert "Traceback" in lines[2]["exception"]
    assert lines[2]["exception"].endswith("Authorization: [redacted]")
    assert lines[3]["thread"] == "slot-1"
    assert logging.getLevelName(logging.CRITICAL).lower() == lines[4]["level"]
