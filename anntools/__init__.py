"""AnnTools: a VCF in, an annotated VCF with log, summary and receipt out."""

from anntools.api import annotate
from anntools.names import Outputs, outputs_for, outputs_in, stem
from anntools.options import Options, Progress
from anntools.pack import Pack, open_pack
from anntools.problems import REASON_WORDS, InputRefused, PackProblem, Problem, UsageProblem
from anntools.receipt import Receipt, read_receipt, verify
from anntools.version import VERSION

__all__ = [
    "REASON_WORDS",
    "VERSION",
    "InputRefused",
    "Options",
    "Outputs",
    "Pack",
    "PackProblem",
    "Problem",
    "Progress",
    "Receipt",
    "UsageProblem",
    "annotate",
    "open_pack",
    "outputs_for",
    "outputs_in",
    "read_receipt",
    "stem",
    "verify",
]
