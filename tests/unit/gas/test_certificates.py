"""Signatures of certificates: what holds, what does not, and the command that says so."""

import base64
import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from gas.certificates import CertificateSigner, canonical, holds, main, subject_hash

SIGNER = CertificateSigner("a secret of this test")
CERTIFICATE = {"type": "gas_account_erasure", "version": 1, "files": 9, "objects": ["b", "a"]}


def document() -> dict[str, Any]:
    return dict(json.loads(SIGNER.sign(CERTIFICATE)))


def test_a_certificate_holds_by_its_key_alone() -> None:
    assert holds(document(), SIGNER.public_key.key)
    assert document()["signature"]["key"] == SIGNER.public_key.fingerprint
    assert not holds(document(), CertificateSigner("another").public_key.key)


def test_the_same_secret_gives_the_same_key() -> None:
    assert CertificateSigner("a secret of this test").public_key == SIGNER.public_key


@pytest.mark.parametrize(
    "forge",
    [
        lambda document: document["certificate"].update(files=1),
        lambda document: document["certificate"].update(more="said later"),
        lambda document: document["certificate"]["objects"].reverse(),
        lambda document: document["signature"].update(value="AAAA"),
        lambda document: document["signature"].update(value="not base64!"),
        lambda document: document.pop("signature"),
        lambda document: document.update(signature=None),
    ],
)
def test_a_changed_certificate_does_not_hold(forge: Callable[[dict[str, Any]], object]) -> None:
    changed = document()
    forge(changed)
    assert not holds(changed, SIGNER.public_key.key)


def test_a_key_that_is_none_holds_nothing() -> None:
    assert not holds(document(), "AAAA")


def test_openssl_says_the_same(tmp_path: Path) -> None:
    (tmp_path / "key.pem").write_text(SIGNER.public_key.pem)
    (tmp_path / "signed").write_bytes(canonical(CERTIFICATE))
    (tmp_path / "signature").write_bytes(base64.b64decode(document()["signature"]["value"]))
    command = ["openssl", "pkeyutl", "-verify", "-pubin", "-inkey", "key.pem", "-rawin"]
    command += ["-in", "signed", "-sigfile", "signature"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_the_command_checks_a_certificate(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    kept, keys = tmp_path / "certificate.json", tmp_path / "keys.json"
    kept.write_text(json.dumps(document()))
    published = [CertificateSigner("an older one").public_key, SIGNER.public_key]
    keys.write_text(json.dumps({"keys": [json.loads(key.to_json()) for key in published]}))
    assert main([str(kept), str(keys)]) == 0
    assert SIGNER.public_key.fingerprint in capsys.readouterr().out
    kept.write_text(json.dumps(document()).replace('"files": 9', '"files": 8'))
    assert main([str(kept), str(keys)]) == 1
    assert main([]) == 2


def test_a_person_is_named_only_to_who_knows_both_ids() -> None:
    assert subject_hash("e1", "u") != subject_hash("e2", "u") != subject_hash("e2", "v")
