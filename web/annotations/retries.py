"""Running a job again: what is asked for, and the new job."""

import json
from typing import Any

from flask import request
from werkzeug.datastructures import MultiDict

from gas.errors import InvalidRequest
from gas.jobs import Job, JobOptions
from gas.reruns import rerun
from gas.submissions import Uploader
from web.annotate.choice import Choice, options_of
from web.payload import parse_json
from web.projects.placing import follow
from web.services import Services

_DEFAULT = JobOptions()


def asked() -> Choice:
    """The options that the request asks for: JSON, or the form of the job's page.

    Raises:
        InvalidRequest: it is neither.
    """
    if request.is_json:
        return parse_json(Choice)
    form = request.form
    try:
        return Choice(
            pack=form.get("pack", ""),
            strict="strict" in form,
            format=form.get("format", _DEFAULT.format),
            transcripts=form.get("transcripts", _DEFAULT.transcripts),
            contig_names=_named(form),
        )
    except (ValueError, RecursionError) as error:  # pydantic's errors are ValueErrors
        raise InvalidRequest(
            "These options are not understood.", remedy="Choose them on the job's page."
        ) from error


def _named(form: MultiDict[str, str]) -> Any:
    """What the form carries as `contig_names`, and what was named in it by hand: pairs of
    `contig_from` and `contig_to`."""
    known = json.loads(form.get("contig_names") or "{}")
    pairs = zip(form.getlist("contig_from"), form.getlist("contig_to"), strict=False)
    by_hand = {name.strip(): own for name, own in pairs if name.strip() and own}
    return {**known, **by_hand} if isinstance(known, dict) else known


def retry(services: Services, uploader: Uploader, job: Job, choice: Choice) -> Job:
    """The job that annotates the input of `job` once more; asked for twice, it is one.

    Raises:
        InvalidUpload: the options cannot be met.
        JobNotEnded, InputGone, UploadTooLarge, InvalidRequest: as `gas.reruns.rerun`.
    """
    made = rerun(
        job,
        uploader,
        options_of(choice, services.engine),
        inputs=services.inputs,
        key_prefix=services.settings.key_prefix,
        jobs=services.jobs,
        requests=services.requests,
        clock=services.clock,
    )
    follow(services, uploader.user_id, job, made)
    return made
