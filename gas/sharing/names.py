"""Names that people give, and read in other people's mails and pages."""

from gas.errors import InvalidRequest

MOST_CHARS = 80
_LINKLIKE = ("://", "www.")


def checked_name(text: str) -> str:
    """The name without blanks around it.

    Raises:
        InvalidRequest: it is none; or it is a link, which would go out in mails of ours.
    """
    name = text.strip()
    if not name or len(name) > MOST_CHARS or not name.isprintable():
        raise InvalidRequest(
            f"name: 1 to {MOST_CHARS} printable characters.", remedy="Choose another name."
        )
    if any(part in name.lower() for part in _LINKLIKE):
        raise InvalidRequest("name: no addresses in it.", remedy="Choose another name.")
    return name
