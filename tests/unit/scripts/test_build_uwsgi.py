"""Building uWSGI with TLS where it cannot be built: words that help, and nothing half done."""

import os
import re
import subprocess
import venv
from pathlib import Path

from local.paths import REPOSITORY

SCRIPT = REPOSITORY / "scripts" / "build_uwsgi.sh"
PINS = REPOSITORY / "deploy" / "uwsgi" / "requirements-tls.txt"


def test_without_a_compiler_the_line_that_installs_one_is_said(tmp_path: Path) -> None:
    venv.create(tmp_path, with_pip=False, symlinks=True)
    done = subprocess.run(
        [SCRIPT, tmp_path / "bin" / "python"],
        env={**os.environ, "CC": str(tmp_path / "no-compiler")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "apt install gcc libssl-dev python3-dev" in done.stderr
    assert not (tmp_path / "bin" / "uwsgi-tls").exists()


def test_the_source_is_pinned() -> None:
    assert re.search(r"^uwsgi==[\d.]+ \\\n +--hash=sha256:[0-9a-f]{64}$", PINS.read_text(), re.M)
