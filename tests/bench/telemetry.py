"""What watching a request costs: the same small Flask app without, with ids only, and recording.

    python -m tests.bench.telemetry [--collector http://127.0.0.1:8050]

Tells microseconds of the processor for a request with one log line, the median of several rounds
that take turns, so that other work on the machine weighs on all alike.
"""

import argparse
import os
import statistics
import subprocess
import sys
import time

REQUESTS = 1000
ROUNDS = 3
WAYS = ("without", "ids", "recording")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--collector", default="http://127.0.0.1:8050")
    parser.add_argument("--way", choices=WAYS)
    options = parser.parse_args()
    if options.way:
        sys.stdout.write(str(_one(options.way)))
        return
    environment = {**os.environ, "OTEL_EXPORTER_OTLP_ENDPOINT": options.collector}
    taken: dict[str, list[float]] = {way: [] for way in WAYS}
    for _ in range(ROUNDS):
        for way in WAYS:
            command = [sys.executable, "-m", "tests.bench.telemetry", "--way", way]
            done = subprocess.run(
                command,
                env=environment,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                check=True,
            )
            taken[way].append(float(done.stdout))
    for way, found in taken.items():
        sys.stdout.write(f"{way:10} {statistics.median(found):7.0f} µs a request\n")


def _one(way: str) -> float:
    """Microseconds of this thread for a request."""
    from flask import Flask

    from gas.logs import configure, get_logger
    from gas.telemetry import recording, requests
    from gas.telemetry.metrics import Exposition, count_event

    app, log = Flask("bench"), get_logger()
    if way == "without":
        configure("bench")
    else:
        configure("bench", count=count_event)
        recording.start("bench", {} if way == "ids" else None)
        requests.install(app, Exposition("bench"), token="")

    @app.get("/jobs/<job_id>")
    def job(job_id: str) -> str:
        log.info("request", path="/jobs/x", status=200, ms=1.5, user_id=job_id)
        return "ok"

    client = app.test_client()
    for _ in range(100):
        client.get("/jobs/1")
    began = time.thread_time()
    for _ in range(REQUESTS):
        client.get("/jobs/1")
    return (time.thread_time() - began) / REQUESTS * 1e6


if __name__ == "__main__":
    main()
