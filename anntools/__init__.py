"""AnnTools: a VCF in, an annotated VCF with log, summary, table and receipt out.

Names are imported when they are first used, so that the command starts without them.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from anntools.api import annotate
    from anntools.compiled import ready
    from anntools.explanation import Explanation, explain
    from anntools.names import Outputs, outputs_for, outputs_in, stem
    from anntools.options import Options, Progress
    from anntools.pack import Pack, installed, open_pack
    from anntools.pack.assemblies import BY_LENGTH
    from anntools.places import TranscriptAt, bases_at, names_of_contigs, transcripts_at
    from anntools.problems import REASON_WORDS, InputRefused, PackProblem, Problem, UsageProblem
    from anntools.receipt import Receipt, read_receipt
    from anntools.sites import Site, SiteAnnotator, SiteAnswer
    from anntools.table import read_batches, read_table
    from anntools.table.streaming import stream_table
    from anntools.verification import verify
    from anntools.version import VERSION

_HOMES: Final = {
    "api": ("annotate",),
    "compiled": ("ready",),
    "explanation": ("Explanation", "explain"),
    "names": ("Outputs", "outputs_for", "outputs_in", "stem"),
    "options": ("Options", "Progress"),
    "pack": ("Pack", "installed", "open_pack"),
    "pack.assemblies": ("BY_LENGTH",),
    "places": ("TranscriptAt", "bases_at", "names_of_contigs", "transcripts_at"),
    "problems": ("REASON_WORDS", "InputRefused", "PackProblem", "Problem", "UsageProblem"),
    "receipt": ("Receipt", "read_receipt"),
    "sites": ("Site", "SiteAnnotator", "SiteAnswer"),
    "table": ("read_batches", "read_table"),
    "table.streaming": ("stream_table",),
    "verification": ("verify",),
    "version": ("VERSION",),
}
_HOME: Final = {name: module for module, names in _HOMES.items() for name in names}

__all__ = [
    "BY_LENGTH",
    "REASON_WORDS",
    "VERSION",
    "Explanation",
    "InputRefused",
    "Options",
    "Outputs",
    "Pack",
    "PackProblem",
    "Problem",
    "Progress",
    "Receipt",
    "Site",
    "SiteAnnotator",
    "SiteAnswer",
    "TranscriptAt",
    "UsageProblem",
    "annotate",
    "bases_at",
    "explain",
    "installed",
    "names_of_contigs",
    "open_pack",
    "outputs_for",
    "outputs_in",
    "read_batches",
    "read_receipt",
    "read_table",
    "ready",
    "stem",
    "stream_table",
    "transcripts_at",
    "verify",
]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'anntools' has no attribute '{name}'")
    value = getattr(import_module(f"anntools.{_HOME[name]}"), name)
    globals()[name] = value  # also where a module of the same name was imported just now
    return value
