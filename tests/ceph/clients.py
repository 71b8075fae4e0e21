"""Standard clients with the keys of a user who may read one bucket (`proofs.limited_user`)."""

import subprocess
from collections.abc import Mapping

from tests.ceph.packages import Programs
from tests.ceph.proofs import CONTENT, Gateway

BUCKET, FILE = "proof-claimed", "runs/1.vcf"


def s3cmd(programs: Programs, user: Gateway) -> str:
    """s3cmd lists and gets."""
    host = user.url.removeprefix("http://")
    options = [f"--host={host}", f"--host-bucket={host}", "--no-ssl", "--config=/dev/null"]
    options += [f"--access_key={user.access_key_id}", f"--secret_key={user.secret_access_key}"]
    program = [programs.path("s3cmd"), *options]
    assert FILE.encode() in _run([*program, "ls", "--recursive", f"s3://{BUCKET}"], programs)
    assert _run([*program, "get", f"s3://{BUCKET}/{FILE}", "-"], programs) == CONTENT
    return "lists and gets"


def rclone(programs: Programs, user: Gateway) -> str:
    """rclone lists and gets."""
    settings = {
        "RCLONE_CONFIG": "/dev/null",
        "RCLONE_CONFIG_STORE_TYPE": "s3",
        "RCLONE_CONFIG_STORE_PROVIDER": "Ceph",
        "RCLONE_CONFIG_STORE_ENDPOINT": user.url,
        "RCLONE_CONFIG_STORE_ACCESS_KEY_ID": user.access_key_id,
        "RCLONE_CONFIG_STORE_SECRET_ACCESS_KEY": user.secret_access_key,
    }
    program = programs.path("rclone")
    listed = _run([program, "lsf", "--recursive", f"store:{BUCKET}"], programs, settings)
    assert FILE.encode() in listed
    got = _run([program, "cat", f"store:{BUCKET}/{FILE}"], programs, settings)
    assert got == CONTENT
    return "lists and gets"


def _run(
    command: list[str], programs: Programs, settings: Mapping[str, str] | None = None
) -> bytes:
    done = subprocess.run(
        command,
        env={**programs.environment(), **(settings or {})},
        capture_output=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr.decode(errors="replace")[-500:]
    return done.stdout
