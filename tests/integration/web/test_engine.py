"""The real engine behind the web app's port: packs, variants, sequence, genes."""

import os
import shutil
from pathlib import Path

import pytest

import anntools
from gas.errors import InvalidRequest, NotFound, ServiceUnavailable
from gas.plans import Plan, terms_of
from gas.testing import FakeClock
from gas.testing.vitals import MemoryVitals
from gas.throughput import Throughput
from web.engine import InProcessEngine
from web.ports import MOST_BASES, MOST_SITES, Engine, Site
from web.preflight.asked import PreflightRequest
from web.preflight.check import document, preflight

DEMO = Path(anntools.__file__).parent / "packs" / "demo"
PRNP = Site("20", 4680251, "A", "G")


@pytest.fixture(scope="module")
def engine() -> Engine:
    return InProcessEngine()


def test_packs_say_what_they_hold(engine: Engine) -> None:
    demo = engine.pack("demo")
    assert demo == engine.pack(demo.pack_id)
    assert demo in engine.packs()
    assert (demo.assembly, [c.name for c in demo.contigs]) == ("GRCh37", ["20", "X", "Y", "MT"])
    assert demo.contigs[0].length == 63_025_520
    assert "chr20" in demo.contigs[0].aliases
    assert "CLINVAR_SIG" in demo.store_columns
    assert all(source.version for source in demo.sources if source.package)
    for name in ("nowhere", "demo-000000000000", "../demo", str(DEMO)):
        with pytest.raises(NotFound, match="no reference pack"):
            engine.pack(name)


def test_a_pack_that_was_built_anew_is_opened_anew(
    engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine = tmp_path / "mine"
    shutil.copytree(DEMO, mine)
    monkeypatch.setenv("ANNTOOLS_PACKS", str(tmp_path))
    before = engine.pack("mine")
    manifest = mine / "manifest.json"
    manifest.write_text(manifest.read_text().replace(before.pack_id, "mine-111111111111"))
    os.utime(manifest, ns=(1, 1))
    assert engine.pack("mine").pack_id == "mine-111111111111"
    manifest.write_text("{")
    with pytest.raises(ServiceUnavailable, match="cannot be read"):
        engine.pack("mine")
    assert "mine" not in [pack.name for pack in engine.packs()]


def test_variants_are_annotated_and_problems_told(engine: Engine) -> None:
    good, wrong, unread = engine.annotate(
        "demo", [PRNP, Site("20", 4680251, "C", "G"), "NM_000311.5:c.385C>G"]
    )
    assert good.site == PRNP
    assert good.alleles[0]["hgvsp"] == "ENSP00000368752.4:p.Met129Val"
    assert wrong.problem is not None
    assert (wrong.problem.code, wrong.problem.expected) == ("reference_mismatch", "A")
    assert (unread.site, unread.alleles) == (None, [])
    with pytest.raises(InvalidRequest, match="1000"):
        engine.annotate("demo", [PRNP] * (MOST_SITES + 1))
    with pytest.raises(InvalidRequest, match="cannot be read as '21'"):
        engine.annotate("demo", [PRNP], {"k": "21"})


def test_sequence_and_genes_of_a_region(engine: Engine) -> None:
    assert engine.sequence("demo", "chr20", 4_680_250, 4_680_253) == "ATG"
    assert engine.sequence("demo", "20", 30_000_000, 30_000_003) == "NNN"
    assert len(engine.sequence("demo", "MT", 16_560, 20_000)) == 9  # to the contig's end
    (prnp,) = engine.genes("demo", "20", 4_680_250, 4_680_251)
    assert (prnp.id, prnp.symbol, prnp.strand) == ("ENST00000379440.9", "PRNP", 1)
    assert (prnp.canonical, prnp.mane_select) == (True, "NM_000311.5")
    first, last = prnp.exons
    assert (first.coding_start, first.start) == (None, prnp.start)
    assert (last.coding_start, last.coding_end) == (4_679_866, 4_680_628)
    for start in (prnp.start - 1, prnp.start, prnp.end - 1, prnp.end):
        hit = prnp in engine.genes("demo", "20", start, start + 1)
        assert hit is (prnp.start <= start < prnp.end)
    genes = engine.genes("demo", "MT", 0, 16_569)
    assert len(genes) == 37
    assert [g.start for g in genes] == sorted(g.start for g in genes)


@pytest.mark.parametrize(
    ("contig", "start", "end", "error"),
    [
        ("7", 0, 10, NotFound),
        ("20", 10, 10, InvalidRequest),
        ("20", -1, 10, InvalidRequest),
        ("20", 0, MOST_BASES + 1, InvalidRequest),
        ("20", 63_025_520, 63_025_530, InvalidRequest),
    ],
)
def test_regions_that_are_none(
    engine: Engine, contig: str, start: int, end: int, error: type[Exception]
) -> None:
    for ask in (engine.sequence, engine.genes):
        with pytest.raises(error):
            ask("demo", contig, start, end)


def test_a_request_does_not_wait_for_the_compiler(monkeypatch: pytest.MonkeyPatch) -> None:
    started = []

    class Compiler:
        def __init__(self, command: list[str]) -> None:
            started.append(command[-3:])

        def poll(self) -> None:
            return None

    monkeypatch.setattr("web.engine.anntools.ready", lambda: False)
    monkeypatch.setattr("web.engine.subprocess.Popen", Compiler)
    fresh = InProcessEngine()
    for _ in range(2):
        with pytest.raises(ServiceUnavailable, match="made ready"):
            fresh.annotate("demo", [PRNP])
    assert started == [["-m", "anntools", "warm"]]


def test_the_preflight_of_a_real_file(engine: Engine) -> None:
    """The sample, as its browser would tell of it; then as one whose positions are off."""
    lines = (Path(__file__).parents[3] / "samples" / "famous_variants.vcf").read_text().splitlines()
    records = [(n, line.split("\t")) for n, line in enumerate(lines, 1) if not line.startswith("#")]

    def look(shift: int, prefix: str) -> dict[str, object]:
        sites = [
            {"chrom": prefix + c[0], "pos": int(c[1]) + shift, "ref": c[3], "alt": c[4], "line": n}
            for n, c in records
        ]
        asked = PreflightRequest.model_validate({"sites": sites, "size": 10_000})
        pace = Throughput(MemoryVitals(), FakeClock())
        return document(preflight(engine, pace, terms_of(Plan.FREE), asked))

    fine, off, renamed = look(0, ""), look(7, ""), look(0, "Chr_")
    assert [f["code"] for f in fine["findings"]] == ["reference_agrees"]  # type: ignore[attr-defined]
    assert fine["preview"][0]["symbol"] == "ITPA"  # type: ignore[index]
    assert [f["code"] for f in off["findings"]] == ["reference_differs"]  # type: ignore[attr-defined]
    assert off["ref_mismatches"][0]["line"] == records[0][0]  # type: ignore[index]
    names = {"Chr_20": "20", "Chr_X": "X", "Chr_Y": "Y", "Chr_MT": "MT"}
    assert renamed["suggested_names"] == names
