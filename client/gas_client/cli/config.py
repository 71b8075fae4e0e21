"""Servers and tokens that the command knows: `~/.config/gas/config.json`, for its owner only."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import ip_address
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from gas_client.errors import Mistake
from gas_client.state import write_private

DEFAULT_URL = "http://127.0.0.1:8000"
"""Where `make run` serves."""
DEFAULT_PROFILE = "default"


@dataclass(frozen=True)
class Profile:
    """A server and the token for it."""

    name: str
    url: str
    token: str | None = field(default=None, repr=False)


class Config:
    """The file with the profiles.

    Raises:
        Mistake: it cannot be read.
    """

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._environment = environment
        self.path = config_path(environment)
        self._data = self._read()

    def profile(self, name: str | None, url: str | None = None) -> Profile:
        """The profile of that name, or the one in use; GAS_URL and GAS_TOKEN win over it."""
        chosen = name or self._environment.get("GAS_PROFILE") or self._data.get("current")
        chosen = chosen or DEFAULT_PROFILE
        kept = self._profiles().get(chosen, {})
        if name and not kept and url is None and "GAS_URL" not in self._environment:
            names = ", ".join(self._profiles()) or "none yet"
            raise Mistake(f"There is no profile {name!r}.", remedy=f"There is: {names}.")
        wanted = url or self._environment.get("GAS_URL") or kept.get("url") or DEFAULT_URL
        address = check_url(wanted, self._environment)
        token = self._environment.get("GAS_TOKEN")
        if not token and address == kept.get("url"):  # no token goes to another server
            token = kept.get("token")
        return Profile(chosen, address, token or None)

    def place(self, name: str | None, url: str | None) -> Profile:
        """Where a login leads: a profile that is there, or a new one named after its server."""
        if url is None:
            return self.profile(name)
        address = check_url(url, self._environment)
        profiles = self._profiles()
        known = next((each for each, kept in profiles.items() if kept.get("url") == address), None)
        fresh = urlsplit(address).netloc if profiles else DEFAULT_PROFILE
        return Profile(name or known or fresh, address)

    def save(self, profile: Profile) -> None:
        """Keep a profile, and use it from now on."""
        profiles = {**self._profiles(), profile.name: {"url": profile.url, "token": profile.token}}
        self._write({"current": profile.name, "profiles": profiles})

    def forget(self, profile: Profile) -> None:
        """Keep the profile's server, but not its token."""
        kept = {**self._profiles(), profile.name: {"url": profile.url}}
        self._write({**self._data, "profiles": kept})

    def _profiles(self) -> dict[str, dict[str, Any]]:
        found = self._data.get("profiles", {})
        return found if isinstance(found, dict) else {}

    def _read(self) -> dict[str, Any]:
        try:
            found = json.loads(self.path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return {}
        except (OSError, ValueError) as error:
            raise Mistake(
                f"{self.path} cannot be read.", remedy="Mend or remove it, then log in again."
            ) from error
        return found if isinstance(found, dict) else {}

    def _write(self, data: dict[str, Any]) -> None:
        write_private(self.path, json.dumps(data, indent=2) + "\n")
        self._data = data


def config_path(environment: Mapping[str, str]) -> Path:
    """Where the file lies (XDG base directories)."""
    base = environment.get("XDG_CONFIG_HOME")
    return (Path(base) if base else Path.home() / ".config") / "gas" / "config.json"


def check_url(url: str, environment: Mapping[str, str] = os.environ) -> str:
    """The address without a slash at its end.

    Raises:
        Mistake: it is none, or a token would travel to it in clear text.
    """
    parts = urlsplit(url if "://" in url else f"https://{url}")
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.username:
        raise Mistake(
            f"{url!r} is no address of a server.", remedy="Write it as https://gas.example.org"
        )
    in_clear = parts.scheme == "http" and not _is_here(parts.hostname)
    if in_clear and environment.get("GAS_INSECURE") != "1":
        raise Mistake(
            f"{url} is not encrypted, so everybody on the way could read your token.",
            remedy="Use https, or set GAS_INSECURE=1 in a network that you trust.",
        )
    return f"{parts.scheme}://{parts.netloc}{parts.path}".rstrip("/")


def _is_here(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")
