"""The data folder: who may run from it, its secrets, its logs."""

from __future__ import annotations

import base64
import configparser
import json
import os
import subprocess
import sys
import textwrap
from pathlib import Path

import psutil
import pytest

from local.errors import LocalError
from local.keyring import AccessKey, Keyring, write_aws_files
from local.lock import DataLock, Holder
from local.logs import KEPT, put_aside, tail
from local.paths import REPOSITORY, DataFolder
from local.postgres import Postgres


def test_it_is_closed_to_other_users(tmp_path: Path) -> None:
    data = DataFolder.at(tmp_path / "a" / "b")
    data.create()
    assert data.root.stat().st_mode & 0o777 == 0o700
    # The web app uses no folder of tables that others may enter; an older one is closed too.
    data.explorer.chmod(0o755)
    data.create()
    assert data.explorer.stat().st_mode & 0o777 == 0o700


def test_a_folder_of_other_things_is_left_alone(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    (tmp_path / "thesis.tex").touch()
    with pytest.raises(LocalError, match=r"holds other things already \(thesis\.tex\)"):
        DataFolder.at(tmp_path).create()
    assert tmp_path.stat().st_mode & 0o777 == 0o755
    assert [entry.name for entry in tmp_path.iterdir()] == ["thesis.tex"]


def test_a_note_in_our_own_folder_does_no_harm(tmp_path: Path) -> None:
    data = DataFolder.at(tmp_path / "data")
    data.create()
    (data.root / "note.txt").touch()
    data.create()


def test_a_file_in_place_of_the_folder_is_named(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.touch()
    with pytest.raises(LocalError, match=f"{path} cannot be used: File exists"):
        DataFolder.at(path).create()


def test_secrets_are_made_once_and_private(tmp_path: Path) -> None:
    path = tmp_path / "keyring.json"
    made = Keyring.load_or_make(path)
    assert Keyring.load_or_make(path) == made
    assert path.stat().st_mode & 0o777 == 0o600
    assert Keyring.load_or_make(tmp_path / "other.json") != made


def test_an_older_keyring_keeps_its_secrets_and_gets_what_it_lacks(tmp_path: Path) -> None:
    path = tmp_path / "keyring.json"
    older = {"secret_key": "s", "globus_client_id": "i", "globus_client_secret": "c"}
    path.write_text(json.dumps(older))
    made = Keyring.load_or_make(path)
    assert (made.secret_key, made.globus_client_id, made.globus_client_secret) == ("s", "i", "c")
    assert len(base64.b64decode(made.signing_key)) == 32
    assert Keyring.load_or_make(path) == made
    assert path.stat().st_mode & 0o777 == 0o600


def test_each_service_gets_its_own_role(tmp_path: Path) -> None:
    roles = {"web": "arn:aws:iam::1:role/web", "annotator": "arn:aws:iam::1:role/annotator"}
    files = write_aws_files(tmp_path, AccessKey("AKIAX", "s3cret"), "http://127.0.0.1:1", roles)
    config = configparser.ConfigParser()
    config.read(files["AWS_CONFIG_FILE"])
    for name, arn in roles.items():
        assert config[f"profile {name}"]["role_arn"] == arn
        assert config[f"profile {name}"]["source_profile"] == "root"
    assert "s3cret" not in Path(files["AWS_CONFIG_FILE"]).read_text()
    assert Path(files["AWS_SHARED_CREDENTIALS_FILE"]).stat().st_mode & 0o777 == 0o600


def holder(**changes: object) -> Holder:
    fields: dict[str, object] = {
        "pid": os.getpid(),
        "started": psutil.Process().create_time(),
        "url": "http://127.0.0.1:8000",
        "ports": {},
    }
    return Holder(**(fields | changes))  # type: ignore[arg-type]


def test_a_second_up_says_where_the_first_one_is(tmp_path: Path) -> None:
    first, second = DataLock(tmp_path), DataLock(tmp_path)
    first.take(patience=0)
    first.note(holder())
    with pytest.raises(LocalError, match=r"runs already .*process \d+\): http://127.0.0.1:8000"):
        second.take(patience=5)
    assert second.is_taken()
    first.release()
    assert not second.is_taken()


def test_a_lock_without_its_up_is_waited_for(tmp_path: Path) -> None:
    """The watchdog of a killed `up` holds the lock until it has ended the parts."""
    hold = textwrap.dedent(
        """
        import pathlib, sys
        from local.lock import DataLock
        lock = DataLock(pathlib.Path(sys.argv[1]))
        lock.take(patience=0)
        print(flush=True)
        sys.stdin.read()
        """
    )
    with subprocess.Popen(
        [sys.executable, "-c", hold, str(tmp_path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=REPOSITORY,
    ) as other:
        assert other.stdin is not None
        assert other.stdout is not None
        other.stdout.readline()
        lock = DataLock(tmp_path)
        lock.note(holder(started=1.0))
        with pytest.raises(LocalError, match="has not ended"):
            lock.take(patience=0.1)
        other.stdin.close()
        lock.take(patience=20)
        lock.release()


def test_logs_are_put_aside_and_the_oldest_dropped(tmp_path: Path) -> None:
    for number in range(KEPT + 2):
        (tmp_path / "web.log").write_text(f"run {number}")
        put_aside(tmp_path)
    kept = {path.name: path.read_text() for path in tmp_path.iterdir()}
    assert kept == {f"web.{n}.log": f"run {KEPT + 2 - n}" for n in range(1, KEPT + 1)}


@pytest.mark.parametrize(
    ("content", "shown"),
    [
        (b"", "    (empty)"),
        (b"one\ntwo\nthree\n", "    two\n    three"),
        (b"\xff\xfe", "    \ufffd\ufffd"),
    ],
)
def test_tail(tmp_path: Path, content: bytes, shown: str) -> None:
    log = tmp_path / "web.log"
    log.write_bytes(content)
    assert tail(log, lines=2) == shown


def test_tail_of_nothing(tmp_path: Path) -> None:
    assert tail(tmp_path / "web.log") == "    (no log)"


@pytest.mark.parametrize("depth", [1, 30])
def test_the_database_socket_fits_its_limit(tmp_path: Path, depth: int) -> None:
    """A UNIX socket's path is short; a data folder's need not be."""
    server = Postgres.at(tmp_path.joinpath(*["folder"] * depth))
    assert len(os.fsencode(server.sockets / ".s.PGSQL.5432")) <= 103
    assert Postgres.at(server.data) == server
