"""Where webhooks may lead: nowhere into our network, whatever the address pretends."""

import pytest

from gas.outbound.addresses import AddressRefused, Resolve, is_public, parse, resolve

PUBLIC = "93.184.215.14"
HOST = "https://hooks.example.org/x"


def answering(found: list[str]) -> Resolve:
    """A name server that always says the same."""
    return lambda host, port: found


@pytest.mark.parametrize(
    "url",
    [
        "http://example.org/",
        "ftp://example.org/",
        "//example.org/",
        "example.org",
        "",
        "https://",
        "https:///path",
        "https://user@example.org/",
        "https://user:pw@example.org/",
        "https://@example.org/",
        "https://example.org/#part",
        "https://example.org:80/",
        "https://example.org:22/",
        "https://example.org:1023/",
        "https://example.org:0/",
        "https://example.org:65536/",
        "https://example.org:-1/",
        "https://exa mple.org/",
        "https://example.org/\n",
        "https://example.org/\r\nHost: x",
        "https://example.org\\@127.0.0.1/",
        "https://exämple.org/",
        "https://ⓛocalhost/",
        "https://localhost/",
        "https://intranet/",
        "https://127.0.0.1/",
        "https://127.1/",
        "https://2130706433/",
        "https://0x7f000001/",
        "https://0177.0.0.1/",
        "https://0.0.0.0/",
        "https://10.0.0.1:8080/",
        "https://169.254.169.254/latest/meta-data/",
        "https://100.100.100.200/",
        "https://168.63.129.16/",
        "https://[::1]/",
        "https://[::]/",
        "https://[::ffff:127.0.0.1]/",
        "https://[::ffff:7f00:1]/",
        "https://[::127.0.0.1]/",
        "https://[64:ff9b::a9fe:a9fe]/",
        "https://[fd00:ec2::254]/",
        "https://[fe80::1%25eth0]/",
        "https://[fe80::1]/",
        "https://[2002:7f00:1::]/",
        "https://-example.org/",
        "https://exa..mple.org/",
        "https://example.123/",
        "https://" + "a" * 64 + ".org/",
        "https://example.org/" + "a" * 2000,
    ],
)
def test_an_address_that_leads_where_we_do_not_go_is_refused(url: str) -> None:
    with pytest.raises(AddressRefused) as refused:
        parse(url, allow_loopback=False)
    assert refused.value.remedy


@pytest.mark.parametrize(
    ("url", "authority", "path"),
    [
        ("https://hooks.example.org", "hooks.example.org", "/"),
        ("https://Hooks.Example.ORG./a?b=c", "hooks.example.org", "/a?b=c"),
        ("https://hooks.example.org:8443/a", "hooks.example.org:8443", "/a"),
        (f"https://{PUBLIC}/", PUBLIC, "/"),
        (
            "https://[2606:2800:21f:cb07:6820:80da:af6b:8b2c]/",
            "[2606:2800:21f:cb07:6820:80da:af6b:8b2c]",
            "/",
        ),
        ("https://xn--exmple-cua.org/", "xn--exmple-cua.org", "/"),
        ("https://my_hooks.example.org/", "my_hooks.example.org", "/"),
    ],
)
def test_a_public_address_is_taken_apart(url: str, authority: str, path: str) -> None:
    target = parse(url, allow_loopback=False)
    assert (target.authority, target.path, target.tls) == (authority, path, True)


PRIVATE = [
    "0.0.0.0",
    "10.1.2.3",
    "100.64.0.1",
    "100.127.255.255",
    "127.0.0.1",
    "127.255.255.254",
    "169.254.169.254",
    "172.16.0.1",
    "172.31.255.255",
    "192.0.0.192",
    "192.0.2.1",
    "192.88.99.1",
    "192.168.1.1",
    "198.18.0.1",
    "198.51.100.1",
    "203.0.113.1",
    "168.63.129.16",
    "224.0.0.1",
    "239.255.255.255",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::ffff:10.0.0.1",
    "::ffff:93.184.215.14",
    "::10.0.0.1",
    "64:ff9b::10.0.0.1",
    "64:ff9b:1::1",
    "100::1",
    "2001::1",
    "2001:db8::1",
    "2002:a00:1::",
    "3fff::1",
    "fc00::1",
    "fd00:ec2::254",
    "fe80::1",
    "fe80::1%eth0",
    "fec0::1",
    "ff02::1",
    "ff0e::1",
    "nonsense",
]


@pytest.mark.parametrize("address", PRIVATE)
def test_a_name_that_leads_into_a_private_network_is_refused(address: str) -> None:
    assert not is_public(address)
    target = parse(HOST, allow_loopback=False)
    for found in ([address], [PUBLIC, address], [address, PUBLIC]):
        with pytest.raises(AddressRefused):
            resolve(target, answering(found), allow_loopback=False)


@pytest.mark.parametrize("address", [PUBLIC, "8.8.8.8", "2606:4700::1111", "2a00:1450:4001::8a"])
def test_public_addresses_are_kept_each_once(address: str) -> None:
    target = parse(HOST, allow_loopback=False)
    found = resolve(target, lambda host, port: [address, address], allow_loopback=False)
    assert found == [address]


@pytest.mark.parametrize(
    ("url", "found", "taken"),
    [
        ("http://localhost:8000/", ["127.0.0.1", "::1"], True),
        ("http://127.0.0.1:80/", ["127.0.0.1"], True),
        ("https://localhost/", ["127.0.0.1"], True),
        ("http://example.org/", [PUBLIC], False),
        ("http://example.org/", ["127.0.0.1", PUBLIC], False),
        ("https://example.org/", ["127.0.0.1", PUBLIC], False),
        ("https://example.org:25/", [PUBLIC], False),
        ("https://example.org/", ["192.168.1.1"], False),
        ("http://example.org/", ["192.168.1.1"], False),
        ("https://example.org/", [PUBLIC], True),
    ],
)
def test_the_setting_opens_this_machine_and_nothing_else(
    url: str, found: list[str], taken: bool
) -> None:
    target = parse(url, allow_loopback=True)
    if taken:
        assert resolve(target, lambda host, port: found, allow_loopback=True) == found
    else:
        with pytest.raises(AddressRefused):
            resolve(target, lambda host, port: found, allow_loopback=True)


def test_a_name_without_an_address_is_no_refusal() -> None:
    with pytest.raises(OSError, match="no address"):
        resolve(parse(HOST, allow_loopback=False), lambda host, port: [], allow_loopback=False)
