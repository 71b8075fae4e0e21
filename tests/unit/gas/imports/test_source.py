"""Strangers' web servers, over socket pairs: every hop checked, nothing sent along."""

import socket
import threading
from collections.abc import Iterator, Sequence

import pytest

from gas.errors import GasError
from gas.imports.ports import Opened, SourceFault, SourceRefused
from gas.imports.source import MOST_REDIRECTS, HttpSource
from gas.outbound.addresses import AddressRefused

PUBLIC, PRIVATE = "93.184.216.34", "10.0.0.7"
NAMES = {"data.example.org": PUBLIC, "mirror.example.org": PUBLIC, "inside.example.org": PRIVATE}


def answer(status: str, body: bytes = b"", **headers: str) -> bytes:
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


class Net:
    """Answers each connection with the next answer."""

    def __init__(self, *answers: bytes) -> None:
        self._answers = list(answers)
        self.connected: list[tuple[str, int]] = []
        self.requests: list[str] = []
        self._threads: list[threading.Thread] = []

    def connect(self, address: tuple[str, int], timeout: float) -> socket.socket:
        self.connected.append(address)
        ours, theirs = socket.socketpair()
        ours.settimeout(timeout)
        thread = threading.Thread(target=self._serve, args=(theirs, self._answers.pop(0)))
        thread.start()
        self._threads.append(thread)
        return ours

    def _serve(self, theirs: socket.socket, said: bytes) -> None:
        with theirs:
            self.requests.append(theirs.recv(65536).decode())
            theirs.sendall(said)

    def close(self) -> None:
        for each in self._threads:
            each.join(10)

    def source(self) -> HttpSource:
        return HttpSource(
            user_agent="GAS-Imports/1.0",
            allow_http=True,
            ask=lambda host, port: _ask(host),
            connect=self.connect,
        )


def _ask(host: str) -> Sequence[str]:
    if host not in NAMES:
        raise OSError("no such name")
    return [NAMES[host]]


@pytest.fixture
def nets() -> Iterator[list[Net]]:
    made: list[Net] = []
    yield made
    for each in made:
        each.close()


def read(
    nets: list[Net], *answers: bytes, start: int = 0, tag: str = "", url: str = ""
) -> tuple[Net, Opened, bytes]:
    net = Net(*answers)
    nets.append(net)
    url = url or "http://data.example.org/a.vcf?sig=1"
    with net.source().open(url, start=start, tag=tag) as opened:
        return net, opened, b"".join(opened.chunks)


def test_a_whole_file(nets: list[Net]) -> None:
    said = answer(
        "206 Partial Content",
        b"12345",
        Content_Range="bytes 0-4/5",
        ETag='"v1"',
        Content_Disposition="attachment; filename*=UTF-8''tri%C3%B6.vcf",
    )
    net, opened, body = read(nets, said)
    assert (opened.start, opened.total, opened.tag, opened.resumable) == (0, 5, '"v1"', True)
    assert (opened.name, body) == ("triö.vcf", b"12345")
    assert net.connected == [(PUBLIC, 80)]
    request = net.requests[0].lower()
    assert request.startswith("get /a.vcf?sig=1 http/1.1\r\n")
    assert "range: bytes=0-" in request
    assert "if-range" not in request
    for ours in ("cookie", "authorization", "referer", "x-amz"):
        assert f"\r\n{ours}" not in request


def test_from_the_middle_on_only_if_it_is_the_same_file(nets: list[Net]) -> None:
    said = answer("206 Partial Content", b"45", Content_Range="bytes 3-4/5", ETag='"v1"')
    net, opened, body = read(nets, said, start=3, tag='"v1"')
    assert (opened.start, opened.total, body) == (3, 5, b"45")
    assert "Range: bytes=3-" in net.requests[0]
    assert 'If-Range: "v1"' in net.requests[0]


@pytest.mark.parametrize(
    ("said", "start", "expected"),
    [
        (answer("200 OK", b"12345"), 3, (0, 5, False)),
        (answer("200 OK", b"12345", Accept_Ranges="bytes"), 0, (0, 5, True)),
        (answer("416 Range Not Satisfiable", Content_Range="bytes */5"), 5, (5, 5, True)),
        (answer("416 Range Not Satisfiable", Content_Range="bytes */4"), 5, (0, 4, True)),
        (answer("416 Range Not Satisfiable"), 0, (0, 0, True)),
        (answer("206 Partial Content", b"1", Content_Range="bytes 0-0/*"), 0, (0, None, True)),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 0, (0, None, False)),
    ],
)
def test_where_the_answer_begins_and_how_long_the_file_is(
    nets: list[Net], said: bytes, start: int, expected: tuple[int, int | None, bool]
) -> None:
    _, opened, _ = read(nets, said, start=start)
    assert (opened.start, opened.total, opened.resumable) == expected


def test_a_weak_tag_says_nothing_of_bytes(nets: list[Net]) -> None:
    said = answer("200 OK", b"1", ETag='W/"v1"', Last_Modified="Sat, 01 Jan 2022 00:00:00 GMT")
    assert read(nets, said)[1].tag == "Sat, 01 Jan 2022 00:00:00 GMT"


@pytest.mark.parametrize(
    ("status", "kind", "words"),
    [
        ("401 Unauthorized", SourceRefused, "signed link"),
        ("403 Forbidden", SourceRefused, "signed link"),
        ("404 Not Found", SourceRefused, "Check the address"),
        ("400 Bad Request", SourceRefused, "browser"),
        ("204 No Content", SourceRefused, "browser"),
        ("429 Too Many Requests", SourceFault, ""),
        ("503 Slow Down", SourceFault, ""),
    ],
)
def test_what_else_the_server_says(
    nets: list[Net], status: str, kind: type[GasError], words: str
) -> None:
    with pytest.raises(kind) as raised:
        read(nets, answer(status))
    assert status[:3] in raised.value.message
    assert words in raised.value.remedy


def test_another_piece_than_was_asked_for_is_not_taken(nets: list[Net]) -> None:
    with pytest.raises(SourceRefused):
        read(nets, answer("206 Partial Content", b"1", Content_Range="bytes 7-7/9"), start=3)


def test_a_redirect_is_followed_to_what_was_checked(nets: list[Net]) -> None:
    moved = answer("302 Found", Location="http://mirror.example.org/b.vcf")
    relative = answer("307 Temporary Redirect", Location="../c.vcf?x=1")
    net, _, body = read(nets, moved, relative, answer("200 OK", b"ok"))
    assert body == b"ok"
    assert "Host: mirror.example.org" in net.requests[1]
    assert "sig=1" not in net.requests[1]
    assert net.requests[2].startswith("GET /c.vcf?x=1 ")


@pytest.mark.parametrize(
    "location",
    [
        "http://inside.example.org/",
        "http://10.0.0.7/",
        "http://127.0.0.1/",
        "http://169.254.169.254/latest/meta-data/",
        "http://[::1]/",
        "http://[::ffff:10.0.0.7]/",
        "http://user:word@mirror.example.org/",
        "http://mirror.example.org:22/",
        "file:///etc/passwd",
        "ftp://mirror.example.org/",
    ],
)
def test_no_hop_leads_into_our_network(nets: list[Net], location: str) -> None:
    net = Net(answer("301 Moved Permanently", Location=location))
    nets.append(net)
    with (
        pytest.raises(AddressRefused),
        net.source().open("http://data.example.org/", start=0, tag=""),
    ):
        pass
    assert len(net.connected) == 1


def test_redirects_come_to_an_end(nets: list[Net]) -> None:
    moved = answer("302 Found", Location="http://data.example.org/on")
    with pytest.raises(SourceRefused) as refused:
        read(nets, *[moved] * (MOST_REDIRECTS + 1))
    assert "more than 3 times" in refused.value.message


def test_without_tls_only_where_it_is_allowed() -> None:
    source = HttpSource(user_agent="x", ask=lambda host, port: _ask(host))
    with (
        pytest.raises(AddressRefused),
        source.open("http://data.example.org/a.vcf", start=0, tag=""),
    ):
        pass


def test_a_name_that_is_not_known_may_be_so_tomorrow() -> None:
    with (
        pytest.raises(SourceFault) as fault,
        Net().source().open("http://nowhere.example.org/", start=0, tag=""),
    ):
        pass
    assert "nowhere.example.org" in fault.value.message


@pytest.mark.parametrize(
    "said",
    [
        b"",
        b"SSH-2.0-OpenSSH_9.2\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n123",
    ],
)
def test_what_breaks_off_is_a_fault(nets: list[Net], said: bytes) -> None:
    with pytest.raises(SourceFault):
        read(nets, said)


@pytest.mark.parametrize(
    "headers",
    [
        {"Content_Disposition": "attachment; filename*=a; filename*0=b"},
        {"Content_Disposition": f"attachment; filename*{'9' * 5000}=a"},
        {"Content_Disposition": "attachment; filename*=unicode_escape''%5Cud800%5Cn"},
        {"ETag": f'"{"x" * 9000}"'},
        {"ETag": '"a\r\n b"'},
    ],
)
def test_headers_that_nobody_can_read_count_for_nothing(
    nets: list[Net], headers: dict[str, str]
) -> None:
    _, opened, body = read(nets, answer("200 OK", b"ok", **headers))
    assert (opened.name, opened.tag, body) == ("", "", b"ok")


@pytest.mark.parametrize(
    "said",
    [
        answer("206 Partial Content", b"1", Content_Range=f"bytes 0-0/{'9' * 5000}"),
        answer("206 Partial Content", b"1", Content_Range=f"bytes {'9' * 5000}-0/1"),
        answer("302 Found", Location="http://["),
        answer("302 Found", Location="//[x]/"),
    ],
)
def test_what_is_no_number_or_no_address_is_refused(nets: list[Net], said: bytes) -> None:
    with pytest.raises(SourceRefused):
        read(nets, said)
