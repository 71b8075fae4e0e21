"""What the browser tells of a file: what it read from its first lines."""

from pydantic import BaseModel, ConfigDict, Field, field_validator

from gas.jobs import JobOptions
from web.ports import Site

MOST_CONTIGS = 10_000
MOST_LINES = 200

_frozen = ConfigDict(frozen=True, extra="ignore")


class AskedContig(BaseModel):
    """A contig that the header declares."""

    model_config = _frozen

    name: str = Field(min_length=1, max_length=255)
    length: int | None = Field(default=None, ge=1, le=2**40)


class AskedSite(BaseModel):
    """A record of the file."""

    model_config = _frozen

    chrom: str = Field(max_length=255)
    pos: int = Field(ge=0, le=2**40)
    ref: str
    alt: str
    line: int | None = Field(default=None, ge=1)
    """1-based line of the file."""
    end: int | None = Field(default=None, ge=0, le=2**31)
    """INFO's END, where a symbolic allele has one."""

    def site(self) -> Site:
        """As the engine takes it."""
        info = "" if self.end is None else f"END={self.end}"
        return Site(self.chrom, min(self.pos, 2**31), self.ref, self.alt, info)


class PreflightRequest(BaseModel):
    """The body of `POST /annotate/preflight`."""

    model_config = _frozen

    pack: str | None = Field(default=None, max_length=100)
    """None: the best one is chosen."""
    contig_names: dict[str, str] = Field(default_factory=dict)
    """The repair that was chosen already, as in `JobOptions`."""
    contigs: list[AskedContig] = Field(default_factory=list, max_length=MOST_CONTIGS)
    sites: list[AskedSite] = Field(default_factory=list, max_length=MOST_LINES)
    size: int = Field(ge=0, le=2**62)
    """Bytes of the file."""
    file_name: str = Field(default="", max_length=1024)
    reference: str = Field(default="", max_length=2000)
    """What the header says of the genome: the value of `##reference` or `##assembly`."""

    @field_validator("contig_names")
    @classmethod
    def _fits_a_job(cls, names: dict[str, str]) -> dict[str, str]:
        JobOptions(contig_names=names)
        return names

    def names(self) -> dict[str, int | None]:
        """Every contig of the file that is known of, with its length if the header tells it."""
        found = {contig.name: contig.length for contig in self.contigs}
        for site in self.sites:
            found.setdefault(site.chrom, None)
        return found
