"""From where a request comes."""

from flask import request

from gas.sharing.networks import coarse, nearest_client
from web.services import Services


def network_of_asker(services: Services) -> str:
    """The network of whoever makes this request, coarsely: what is counted by, and written down."""
    forwarded = request.headers.get("X-Forwarded-For", "")
    proxies = services.settings.trusted_proxies
    return coarse(nearest_client(forwarded, request.remote_addr, proxies=proxies))
