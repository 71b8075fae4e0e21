"""What the parts of the service are called on the status page, and what they are for."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Part:
    """Something that a person would miss."""

    title: str
    purpose: str
    when_down: str
    """What it means for them while it is away."""


#: By the names of `gas.vitals.Beat.service`.
SERVICES: Mapping[str, Part] = {
    "web": Part("Web pages", "Show these pages and take uploads.", "No page can be shown."),
    "annotator": Part(
        "Annotation",
        "Annotates the files, one after the other.",
        "New jobs are accepted and wait in the queue; none is lost.",
    ),
    "archiver": Part(
        "Archiving",
        "Moves results of the Free plan into the archive when their time is over.",
        "Results stay where they are a little longer.",
    ),
    "thaw": Part(
        "Return from the archive",
        "Gets archived results back after an upgrade to Premium.",
        "Archived results come back later; none is lost.",
    ),
}

#: By the names of `/readyz`.
STORES: Mapping[str, Part] = {
    "accounts": Part("Accounts", "Know who may log in, and every plan.", "Nobody can log in."),
    "jobs": Part(
        "Job records", "Hold the state of every job.", "Jobs can be neither seen nor sent."
    ),
    "inputs": Part("Uploads", "Keep the files that are sent.", "No file can be sent."),
    "results": Part("Results", "Keep the annotated files.", "No result can be downloaded."),
}


@dataclass(frozen=True)
class QueueWords:
    """A queue between two services."""

    title: str
    longest: int
    """Seconds after which a message in it has waited too long."""
    when_late: str


_MINUTE, _HOUR = 60, 3600

#: By the names in `GAS_WATCHED_QUEUES`; the queue of what was given up is called `NAME-dead`.
QUEUES: Mapping[str, QueueWords] = {
    "jobs": QueueWords(
        "Jobs, Free plan", 2 * _HOUR, "Jobs of the Free plan wait longer than usual."
    ),
    "jobs-priority": QueueWords("Jobs, Premium", 30 * _MINUTE, "Jobs wait longer than usual."),
    "mails": QueueWords("Mails to be sent", 15 * _MINUTE, "Mails come late; the pages are right."),
    "webhooks": QueueWords(
        # What is to be tried again waits in it as a fresh message, each time 15 minutes at most.
        "Webhooks to be sent",
        _HOUR,
        "Your systems are told late; the pages are right.",
    ),
    "imports": QueueWords(
        # What is to be tried again waits in it as a fresh message, each time 15 minutes at most.
        "Files to be fetched",
        _HOUR,
        "Files from web addresses come late.",
    ),
    "uploads": QueueWords(
        "Uploads to be checked", 30 * _MINUTE, "An upload whose page was closed starts late."
    ),
    "archive": QueueWords("Results to be archived", 30 * _MINUTE, "Archiving is late."),
    "thaw": QueueWords(
        # A request stays in it until the last result is back, which takes up to 12 hours.
        "Returns from the archive under way",
        13 * _HOUR,
        "Results come back late.",
    ),
    "restore": QueueWords(
        "Results to be put back", 30 * _MINUTE, "Results that were retrieved appear late."
    ),
    "erasures": QueueWords("Deletions under way", 24 * _HOUR, "Deletions take longer than usual."),
}
DEAD = "-dead"
