"""Client of GAS, the Genomics Annotation Service: docs/client.md.

from gas_client import Gas

with Gas("https://gas.example.org", token) as gas:
    job = gas.annotate("sample.vcf.gz", wait=True)
    gas.results(job, "results")
"""

from gas_client.aio import AsyncGas
from gas_client.errors import (
    ApiError,
    Damaged,
    GasError,
    JobFailed,
    Mistake,
    NotLoggedIn,
    TimedOut,
    Unavailable,
    Unexpected,
    Unreachable,
)
from gas_client.models import (
    Account,
    Attempt,
    Delivery,
    Failure,
    FileLink,
    Job,
    JobPage,
    Options,
    Pack,
    Receipt,
    ResultFile,
    Results,
    VariantAnswer,
    VariantAnswers,
    Webhook,
)
from gas_client.sync import Gas

__all__ = [
    "Account",
    "ApiError",
    "AsyncGas",
    "Attempt",
    "Damaged",
    "Delivery",
    "Failure",
    "FileLink",
    "Gas",
    "GasError",
    "Job",
    "JobFailed",
    "JobPage",
    "Mistake",
    "NotLoggedIn",
    "Options",
    "Pack",
    "Receipt",
    "ResultFile",
    "Results",
    "TimedOut",
    "Unavailable",
    "Unexpected",
    "Unreachable",
    "VariantAnswer",
    "VariantAnswers",
    "Webhook",
]
