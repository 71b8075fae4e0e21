"""Ports: shifting, choosing, and saying plainly which are in use."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest

from local.__main__ import addresses_of, parser
from local.addresses import HOST, Addresses, busy_ports, free_addresses, is_free
from local.errors import LocalError


@pytest.fixture
def listening() -> Iterator[int]:
    with socket.socket() as server:
        server.bind((HOST, 0))
        server.listen()
        yield int(server.getsockname()[1])


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ([], Addresses()),
        (
            ["--port-offset", "100"],
            Addresses(8100, 8110, 8111, 8112, 8120, 8130, 8140, 8150, 4666, 4667),
        ),
        (["--web-port", "9000"], Addresses(web=9000)),
        (
            ["--port-offset", "10", "--cloud-port", "5000"],
            Addresses(8010, 8020, 8021, 8022, 8030, 8040, 8050, 8060, 5000, 4577),
        ),
    ],
)
def test_ports_from_the_command_line(arguments: list[str], expected: Addresses) -> None:
    assert addresses_of(parser().parse_args(["up", *arguments])) == expected


@pytest.mark.parametrize("offset", ["-8000", "65000"])
def test_an_offset_that_leads_beyond_the_ports_is_refused(offset: str) -> None:
    with pytest.raises(LocalError, match="--port-offset"):
        addresses_of(parser().parse_args(["up", "--port-offset", offset]))


@pytest.mark.parametrize("port", ["0", "65536", "web"])
def test_a_port_that_is_none_is_refused(port: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        parser().parse_args(["up", "--web-port", port])
    assert "--web-port" in capsys.readouterr().err


def test_urls() -> None:
    assert Addresses().url("web") == "http://127.0.0.1:8000"


def test_free_addresses_are_free_and_differ() -> None:
    ports = list(free_addresses().by_name().values())
    assert len(set(ports)) == len(ports)
    assert all(is_free(port) for port in ports)


def test_a_port_in_use_is_named_with_its_part_and_holder(listening: int) -> None:
    (sentence,) = busy_ports({**free_addresses().by_name(), "mailbox": listening})
    assert sentence.startswith(f"Port {listening}, wanted for mailbox, is in use")
