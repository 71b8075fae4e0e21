"""Receipts: signed, checked offline, and what is said when something does not hold."""

from __future__ import annotations

import base64
import json
import os
import stat
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from anntools import Options, Pack, UsageProblem, annotate, outputs_in, read_receipt, signing
from anntools.verification import examine, verify
from tests.engine.conftest import ROOT

SAMPLE = ROOT / "samples" / "famous_variants.vcf"
RECEIPT = "famous.receipt.json"


@pytest.fixture(scope="module")
def result(demo: Pack, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A signed result of the sample."""
    folder = tmp_path_factory.mktemp("result")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CONFIG_HOME", str(folder / "config"))
        annotate(SAMPLE, outputs_in(folder, "famous"), demo)
    return folder


@pytest.fixture
def copy(result: Path, tmp_path: Path) -> Path:
    """The same, to spoil."""
    for path in result.iterdir():
        if path.is_file():
            (tmp_path / path.name).write_bytes(path.read_bytes())
    return tmp_path


def test_the_key_is_made_once_and_for_its_owner_alone(result: Path, demo: Pack) -> None:
    key = result / "config" / "anntools" / "signing-key"
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    assert [p.name for p in key.parent.iterdir()] == ["signing-key"]


def test_a_sound_result_holds(result: Path) -> None:
    found = examine(result / RECEIPT)
    assert found.holds, found.faults
    held = {c.what for c in found.checks if c.holds}
    assert {"signature", "records", "famous.annot.vcf.gz", "count of famous.annot.vcf.gz"} <= held
    signature = read_receipt(result / RECEIPT).signature
    assert signature
    for key in (signature.public_key, signature.fingerprint, signature.fingerprint[7:]):
        assert verify(result / RECEIPT, key) == []
    assert examine(result / RECEIPT).lines()[-1].startswith("The receipt holds")


def spoil_count(data: dict[str, object]) -> None:
    data["annotated"] = 55


def spoil_pack(data: dict[str, object]) -> None:
    data["pack_id"] = "demo-000000000000"


@pytest.mark.parametrize(
    ("spoil", "faults"),
    [
        (
            spoil_count,
            [
                "the signature is not that of this receipt",
                "records in are not annotated + skipped",
            ],
        ),
        (spoil_pack, ["the signature is not that of this receipt"]),
    ],
)
def test_a_changed_receipt_is_found(
    copy: Path, spoil: Callable[[dict[str, object]], None], faults: list[str]
) -> None:
    path = copy / RECEIPT
    data = json.loads(path.read_text())
    spoil(data)
    path.write_text(json.dumps(data))
    assert verify(path) == faults


def test_a_new_layout_of_the_same_data_still_holds(copy: Path) -> None:
    path = copy / RECEIPT
    data = json.loads(path.read_text())
    path.write_text(json.dumps(dict(reversed(data.items())), ensure_ascii=True))
    assert verify(path) == []


def test_another_signer_is_found(result: Path) -> None:
    other = base64.b64encode(Ed25519PrivateKey.generate().public_key().public_bytes_raw())
    faults = verify(result / RECEIPT, other.decode())
    assert faults == ["another key than the expected one signed"]
    with pytest.raises(UsageProblem, match="neither a public key"):
        verify(result / RECEIPT, "nonsense")


def test_files_that_contradict_a_receipt_signed_anew(copy: Path) -> None:
    """Whoever holds a key can sign anything; the counts of the files still tell."""
    path = copy / RECEIPT
    receipt = replace(read_receipt(path), records_in=57, records_out=57, annotated=57)
    signer = signing.Signer(Ed25519PrivateKey.generate())
    path.write_text(receipt.signed(signer).to_json())
    assert verify(path) == [
        "famous.annot.vcf.gz holds 56, the receipt says 57",
        "famous.summary.json holds 56, the receipt says 57",
    ]


def test_unsigned_is_possible_and_said(demo: Pack, tmp_path: Path) -> None:
    annotate(SAMPLE, outputs_in(tmp_path, "famous"), demo, Options(sign=False))
    found = examine(tmp_path / RECEIPT)
    assert found.holds
    assert "the receipt is not signed" in "\n".join(found.lines())
    assert not examine(tmp_path / RECEIPT, "SHA256:" + 64 * "0").holds


def test_a_key_is_given_by_the_environment(
    demo: Pack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = Ed25519PrivateKey.generate()
    pem = tmp_path / "key.pem"
    pem.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    public = tmp_path / "public.pem"
    public.write_bytes(
        key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    )
    seed = base64.b64encode(key.private_bytes_raw()).decode()
    for given in (str(pem), seed):
        monkeypatch.setenv(signing.VARIABLE, given)
        annotate(SAMPLE, outputs_in(tmp_path, "famous"), demo)
        assert verify(tmp_path / RECEIPT, str(public)) == []
    monkeypatch.setenv(signing.VARIABLE, "no key at all")
    with pytest.raises(UsageProblem, match="holds no Ed25519 key"):
        annotate(SAMPLE, outputs_in(tmp_path, "famous"), demo)


@pytest.mark.skipif(os.geteuid() == 0, reason="root writes everywhere")
def test_no_place_for_a_key_leaves_the_receipt_unsigned(
    demo: Pack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o500)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(closed))
    receipt = annotate(SAMPLE, outputs_in(tmp_path, "famous"), demo)
    assert receipt.signature is None
    assert "not signed" in receipt.warnings[-1]


def test_the_signed_bytes_do_not_depend_on_order_or_layout() -> None:
    assert signing.canonical({"b": [1, "é"], "a": {"d": None, "c": True}}) == (
        '{"a":{"c":true,"d":null},"b":[1,"é"]}'.encode()
    )
