"""Boots a machine: runs the user data of deploy/compute.yaml in a copy of this system.

    python -m tests.machine.boot FLEET --release DIR --data DIR

FLEET is annotator or utility. Beside it, `python -m local up --data DIR` must run: it stands for
AWS. Needs root on Debian 12. Whatever the installation does, it does to an overlay that is thrown
away: users, files, services. Packages of Amazon Linux, systemd and CloudFormation's signal are
stand-ins (shims/); the release, its check, the installation, the services and the way they hand
their work back are real.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from deploy.releases import newest
from deploy.settings_file import SettingsFile, settings_file
from deploy.stack_env import environment_of
from local.keyring import ACCOUNT, REGION
from local.stack import STACK, Clients, read_root_key
from tests.machine.metadata import Metadata
from tests.support.stacks import render
from tests.support.waiting import wait_until

AGENT = "/opt/aws/amazon-cloudwatch-agent"
SHIMS = Path(__file__).parent / "shims"
UNITS = {"annotator": ["gas@annotator"], "utility": ["gas@archiver", "gas@thaw"]}


def say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def settings_of(clients: Clients, endpoint: str) -> SettingsFile:
    """What `deploy.rollout` would write, for the embedded cloud."""
    (stack,) = clients("cloudformation").describe_stacks(StackName=STACK)["Stacks"]
    outputs = {each["OutputKey"]: each["OutputValue"] for each in stack["Outputs"]}
    assert environment_of(outputs)
    own = {
        "GAS_PUBLIC_URL": "https://gas.example.org",
        "AWS_ENDPOINT_URL": endpoint,
        "GAS_SNS_CERT_URL": f"{endpoint}/_gas/sns-signing-certificate.pem",
    }
    return settings_file(outputs, {"DatabaseHost": "127.0.0.1", "DatabasePort": "1"}, own)


def user_data(fleet: str, release: Any, settings: SettingsFile) -> str:
    """The script as EC2 would hand it to the machine."""
    stack = render(
        "compute",
        Stage="local",
        Fleet=fleet,
        Release=release.name,
        ReleaseSha256=release.sha256,
        SettingsSha256=settings.sha256,
    )
    return str(stack.resources["Machine"]["Properties"]["LaunchTemplateData"]["UserData"])


def in_copy(root: Path, script: str, environment: Mapping[str, str]) -> int:
    """Run a script in an overlay of this system that only it and its children see."""
    upper, work, merged = (root / name for name in ("upper", "work", "merged"))
    for folder in (upper, work, merged):
        folder.mkdir(parents=True)
    (root / "user-data").write_text(script)
    inside = (
        f"set -e; mount -t overlay overlay -o lowerdir=/,upperdir={upper},workdir={work} {merged}; "
        f"mount --rbind /proc {merged}/proc; mount --rbind /dev {merged}/dev; "
        f"mkdir -p {merged}{AGENT}/etc {merged}{AGENT}/bin; "
        f"ln -s /bin/true {merged}{AGENT}/bin/amazon-cloudwatch-agent-ctl; "
        f"cp {SHIMS}/* {merged}/usr/local/sbin/; chmod 755 {merged}/usr/local/sbin/*; "
        f"mount -t tmpfs tmpfs {merged}/run; "
        f"exec chroot {merged} /bin/bash {root}/user-data"
    )
    done = subprocess.run(
        ["unshare", "--mount", "/bin/sh", "-c", inside],
        env={"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", **environment},
        check=False,
    )
    return done.returncode


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("fleet", choices=UNITS)
    parser.add_argument("--release", type=Path, required=True)
    parser.add_argument("--data", type=Path, required=True, help="of the running embedded cloud")
    parser.add_argument("--cloud", required=True, help="its address")
    options = parser.parse_args()
    clients = Clients(options.cloud, read_root_key(options.data / "cloud"))
    release = newest(options.release)
    settings = settings_of(clients, options.cloud)
    root = Path(tempfile.mkdtemp(prefix="gas-machine-"))
    bucket = root / "bucket"
    (bucket / "releases").mkdir(parents=True)
    (bucket / "settings").mkdir()
    os.link(release.archive, bucket / "releases" / f"{release.name}.tar.gz")
    (bucket / settings.key).write_text(settings.text)
    role = clients("sts").assume_role(
        RoleArn=f"arn:aws:iam::{ACCOUNT}:role/gas-local-{options.fleet}", RoleSessionName="machine"
    )["Credentials"]
    keep_secret(clients)
    metadata = Metadata(f"gas-local-{options.fleet}", role)
    upper = root / "system" / "upper"
    try:
        status = in_copy(
            root / "system",
            user_data(options.fleet, release, settings),
            {
                "AWS_EC2_METADATA_SERVICE_ENDPOINT": metadata.url,
                "GAS_PROOF_BUCKET": str(bucket),
                "AWS_REGION": REGION,
            },
        )
        say(f"\nuser data: exit {status}")
        calls = upper / "var/log/gas-proof.calls"
        say(calls.read_text())
        if status != 0:
            return 1
        metadata.pages["autoscaling/target-lifecycle-state"] = "Terminated"
        wait_until(lambda: "systemctl stop" in calls.read_text(), seconds=60)
        wait_until(lambda: all(not alive(pid) for pid in pids(calls)), seconds=60)
        say("Told to go, the machine put its services down:")
        for unit in UNITS[options.fleet]:
            log = upper / "var/log/gas" / f"{unit.removeprefix('gas@')}.log"
            say("\n".join(log.read_text().splitlines()[-4:]))
        return 0
    finally:
        metadata.close()
        end_all(root)
        shutil.rmtree(root, ignore_errors=True)


def keep_secret(clients: Clients) -> None:
    """The secret that an operator makes with `make secrets`."""
    secrets = clients("secretsmanager")
    try:
        secrets.create_secret(Name="gas/local/annotator-settings", SecretString=json.dumps({}))
    except secrets.exceptions.ResourceExistsException:
        return


def pids(calls: Path) -> list[int]:
    """The processes of the machine: all whose root is its overlay."""
    merged = calls.parents[2].parent / "merged"
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                if (
                    os.readlink(entry / "root") == str(merged)
                    and "uwsgi" in (entry / "cmdline").read_text()
                ):
                    found.append(int(entry.name))
            except OSError:
                continue
    return found


def alive(pid: int) -> bool:
    return Path(f"/proc/{pid}").exists()


def end_all(root: Path) -> None:
    """End whatever of the machine still runs: processes whose root is its overlay, no others."""
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                if os.readlink(entry / "root").startswith(str(root)):
                    os.kill(int(entry.name), signal.SIGKILL)
            except OSError:
                continue


if __name__ == "__main__":
    sys.exit(main())
