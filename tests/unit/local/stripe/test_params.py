"""Form fields with nested brackets, read and refused as Stripe does."""

import pytest

from local.stripe.errors import ApiError
from local.stripe.params import Params, parse_form, web_address


@pytest.mark.parametrize(
    ("encoded", "values"),
    [
        ("", {}),
        ("a=1&b=", {"a": "1", "b": ""}),
        ("a[b][c]=1&a[b][d]=2", {"a": {"b": {"c": "1", "d": "2"}}}),
        ("a[]=x&a[]=y", {"a": {"0": "x", "1": "y"}}),
        ("a[0][p]=x&a[1][p]=y", {"a": {"0": {"p": "x"}, "1": {"p": "y"}}}),
        ("a%5B0%5D=%C3%BC+%26", {"a": {"0": "ü &"}}),
        ("a=1&a=2", {"a": "2"}),
    ],
)
def test_parsing(encoded: str, values: dict[str, object]) -> None:
    assert parse_form(encoded) == values


@pytest.mark.parametrize(
    "encoded", ["a[=1", "a]=1", "[a]=1", "a[b]c=1", "a=1&a[b]=2", "a[b]=1&a=2"]
)
def test_names_without_sense(encoded: str) -> None:
    with pytest.raises(ApiError):
        parse_form(encoded)


def test_too_many_fields() -> None:
    with pytest.raises(ApiError):
        parse_form("&".join(f"a{n}=1" for n in range(1001)))


def test_what_nobody_read_is_refused_with_its_full_name() -> None:
    params = Params(parse_form("a[b][0][c]=1&a[b][0][d]=2"))
    (entry,) = params.child("a").children("b")
    assert entry.text("c") == "1"
    with pytest.raises(ApiError) as refused:
        params.finish()
    assert refused.value.body()["error"]["param"] == "a[b][0][d]"
    assert entry.text("d") == "2"
    params.finish()


@pytest.mark.parametrize(
    ("read", "encoded", "code"),
    [
        (lambda p: p.required("a"), "", "parameter_missing"),
        (lambda p: p.text("a"), "a=", "parameter_invalid_empty"),
        (lambda p: p.text("a"), "a[b]=1", None),
        (lambda p: p.text("a"), "a=" + "x" * 5001, "parameter_invalid_string"),
        (lambda p: p.integer("a"), "a=1.5", "parameter_invalid_integer"),
        (lambda p: p.integer("a"), "a=١", "parameter_invalid_integer"),
        (lambda p: p.integer("a", least=1, most=3), "a=4", "parameter_invalid_integer"),
        (lambda p: p.integer("a", least=1), "a=0", "parameter_invalid_integer"),
        (lambda p: p.flag("a"), "a=1", None),
        (lambda p: p.choice("a", ("x", "y")), "a=z", None),
        (lambda p: p.child("a"), "a=1", None),
        (lambda p: p.children("a"), "a[0]=1", None),
        (lambda p: p.children("a"), "a[x][b]=1", None),
        (lambda p: p.texts("a"), "a=1", None),
        (lambda p: p.metadata(), "metadata=x", None),
        (lambda p: p.metadata(), "metadata[a]=" + "x" * 501, None),
        (lambda p: p.metadata(), "&".join(f"metadata[k{n}]=1" for n in range(51)), None),
    ],
)
def test_refusals(read, encoded: str, code: str | None) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(ApiError) as refused:
        read(Params(parse_form(encoded)))
    assert refused.value.status == 400
    assert refused.value.code == code


def test_what_was_not_sent_is_none() -> None:
    params = Params({})
    assert [params.text("a"), params.integer("a"), params.flag("a"), params.choice("a", "b")] == (
        [None] * 4
    )
    assert (params.texts("a"), params.children("a"), params.metadata({"k": "v"})) == (
        [],
        [],
        {"k": "v"},
    )


def test_metadata_is_merged() -> None:
    params = Params(parse_form("metadata[a]=&metadata[b]=2"))
    assert params.metadata({"a": "1", "c": "3"}) == {"b": "2", "c": "3"}
    assert Params(parse_form("metadata=")).metadata({"a": "1"}) == {}


@pytest.mark.parametrize(
    "address", ["http://127.0.0.1:8000/plan?a={X}", "https://gas.example.org", "http://[::1]:80/"]
)
def test_addresses_that_a_page_may_lead_to(address: str) -> None:
    assert web_address(address, "success_url") == address


@pytest.mark.parametrize(
    "address",
    ["", "/plan", "javascript:alert(1)", "ftp://a/", "http://", "http://a;script-src *", "http://[a",
     "http://u:p@a/", "http://a b/"],
)  # fmt: skip
def test_addresses_that_it_may_not(address: str) -> None:
    with pytest.raises(ApiError) as refused:
        web_address(address, "success_url")
    assert refused.value.code == "url_invalid"
