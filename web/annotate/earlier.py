"""Whether a file was annotated before, with the same options, by the same pack and engine."""

from pydantic import Field

from gas.accounts.models import Account
from gas.earlier import BLAKE3, Content, earlier_job
from gas.errors import NotFound
from gas.jobs import Job
from web.annotate.choice import Choice, options_of
from web.services import Services


class EarlierRequest(Choice):
    """What is known of a file that was not sent yet, and what is wanted of it."""

    blake3: str = Field(pattern=f"^{BLAKE3.pattern}$")
    """Of its bytes."""
    size: int = Field(ge=0, le=2**62)


def find_earlier(
    services: Services, account: Account, choice: Choice, *, blake3: str, size: int
) -> Job | None:
    """The account's own job that did the same and whose results can be had now.

    Raises:
        InvalidUpload: the options cannot be met.
        ServiceUnavailable: it cannot be told just now.
    """
    options = options_of(choice, services.engine)
    try:
        pack = services.engine.pack(options.pack)
    except NotFound:  # jobs run where it is; here nobody knows which state of it they use
        return None
    content = Content(blake3, size, options, pack.pack_id, services.engine.version)
    return earlier_job(
        services.earlier,
        services.jobs,
        account.user_id,
        content,
        plan=account.plan,
        now=services.clock.now(),
    )
