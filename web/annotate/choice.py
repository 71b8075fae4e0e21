"""What a user asks of the engine on the upload page: checked before an upload is signed."""

from collections.abc import Mapping
from enum import StrEnum
from typing import TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from gas.errors import InvalidUpload, NotFound
from gas.jobs import JobOptions, OutputFormat, Transcripts
from web.ports import Engine

_DEFAULT = JobOptions()


class Choice(BaseModel):
    """The options of a job as the page sends them; see `gas.jobs.JobOptions`."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    pack: str = Field(default=_DEFAULT.pack, min_length=1, max_length=200)
    strict: bool = False
    format: OutputFormat = OutputFormat.CSQ
    transcripts: Transcripts = Transcripts.ALL
    contig_names: dict[str, str] = Field(default_factory=dict)


def asked_for(query: Mapping[str, str]) -> Choice:
    """What the address of the page asks for (`pack`, `strict`, `format`, `transcripts`); what is
    unheard of is passed over.

    Without scripts the options are signed with the form, so they are chosen before it is made.
    """
    return Choice(
        pack=query.get("pack", "")[:200] or _DEFAULT.pack,
        strict=query.get("strict") == "1",
        format=_known(OutputFormat, query.get("format", "")) or _DEFAULT.format,
        transcripts=_known(Transcripts, query.get("transcripts", "")) or _DEFAULT.transcripts,
    )


def options_of(choice: Choice, engine: Engine) -> JobOptions:
    """The options of the job.

    Raises:
        InvalidUpload: there is no such pack, it has no such contig, the names are too many, or
            the format does not go with the choice of transcripts.
    """
    if choice.format is OutputFormat.BCSQ and choice.transcripts is not Transcripts.ALL:
        raise InvalidUpload(
            "BCSQ follows bcftools, which tells all transcripts.",
            remedy="Choose all transcripts, or another format.",
        )
    try:
        options = JobOptions.model_validate(choice.model_dump(include=set(JobOptions.model_fields)))
    except ValidationError as error:
        raise InvalidUpload(
            "These are more renamed contigs than fit.",
            remedy="Rename the contigs in the file: bcftools annotate --rename-chrs",
        ) from error
    if options.pack != _DEFAULT.pack or options.contig_names:
        # An id leads to the pack as well, but packs are known by their names where jobs run.
        return options.model_copy(update={"pack": _checked_pack(engine, options)})
    return options


_Word = TypeVar("_Word", bound=StrEnum)


def _known(words: type[_Word], word: str) -> _Word | None:
    return next((each for each in words if each == word), None)


def _checked_pack(engine: Engine, options: JobOptions) -> str:
    """The name of the pack that the options are good for."""
    try:
        pack = engine.pack(options.pack)
    except NotFound as error:
        names = ", ".join(each.name for each in engine.packs())
        raise InvalidUpload(
            f"There is no reference pack {options.pack!r}.", remedy=f"Choose one of: {names}."
        ) from error
    known = {contig.name for contig in pack.contigs}
    strange = [name for name in options.contig_names.values() if name not in known]
    if strange:
        raise InvalidUpload(
            f"The reference pack {pack.name} has no contig {strange[0]!r}.",
            remedy=f"It has {', '.join(sorted(known)[:30])}.",
        )
    return pack.name
