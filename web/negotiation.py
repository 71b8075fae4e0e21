"""Which form of an answer the client asked for."""

from flask import request

from web.auth.bearer import presented

PROBLEM = "application/problem+json"
JSON = "application/json"


def wants_json() -> bool:
    """Whether JSON is to be sent: what the client prefers; what it sent, if it has no preference.

    Browsers ask for HTML; a client that takes anything gets a page, unless it speaks JSON itself
    or comes with a token.
    """
    if is_api():
        return True
    accept = request.accept_mimetypes
    if not accept or str(accept) == "*/*":
        return request.is_json or presented()
    json_quality = max(accept[JSON], accept[PROBLEM])
    return json_quality > accept["text/html"] or (json_quality > 0 and request.is_json)


def wants_problem() -> bool:
    """Whether an error is to be told as RFC 9457 problem details.

    Clients that ask for plain `application/json` get errors in the service's classic form.
    """
    accept = request.accept_mimetypes
    return is_api() or accept[PROBLEM] >= accept[JSON]


def is_api() -> bool:
    """Whether the address is one of the REST API, whose errors are always problem details."""
    return request.path.startswith("/api/")
