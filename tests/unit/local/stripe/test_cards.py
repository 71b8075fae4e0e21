"""Only test cards are accepted, and what was typed is checked field by field."""

import pytest

from local.stripe.cards import CARDS, Behaviour, CardRefused, by_name, by_number, named, read_card

NOW = 1_795_000_000.0  # November 2026
GOOD = {"number": "4242 4242 4242 4242", "expiry": "11/26", "cvc": "123", "name": "Ada"}


def test_a_good_card() -> None:
    entered = read_card(GOOD, NOW)
    assert (entered.card.name, entered.month, entered.year, entered.holder) == (
        "visa",
        11,
        2026,
        "Ada",
    )


@pytest.mark.parametrize("expiry", ["12/34", "1/30", "01 / 2030", "12-34"])
def test_ways_to_write_a_date(expiry: str) -> None:
    assert read_card({**GOOD, "expiry": expiry}, NOW).month in (1, 12)


@pytest.mark.parametrize(
    ("wrong", "fields"),
    [
        ({"number": "4111111111111111"}, {"number"}),
        ({"number": ""}, {"number"}),
        ({"expiry": "10/26"}, {"expiry"}),
        ({"expiry": "00/30"}, {"expiry"}),
        ({"expiry": "1230"}, {"expiry"}),
        ({"cvc": "1234"}, {"cvc"}),
        ({"cvc": "١٢٣"}, {"cvc"}),
        ({"number": "378282246310005"}, {"cvc"}),
        ({"name": "x" * 201}, {"name"}),
        ({"number": "1", "expiry": "", "cvc": "", "name": ""}, {"number", "expiry", "cvc", "name"}),
    ],
)
def test_everything_wrong_is_told_at_once(wrong: dict[str, str], fields: set[str]) -> None:
    with pytest.raises(CardRefused) as refused:
        read_card({**GOOD, **wrong}, NOW)
    assert set(refused.value.fields) == fields


def test_the_published_numbers() -> None:
    told = {
        "4242424242424242": Behaviour.PAYS,
        "4000000000000002": Behaviour.DECLINED,
        "4000002500003155": Behaviour.ASKS_ONCE,
        "4000000000000341": Behaviour.FAILS_LATER,
    }
    assert {card.number: card.behaviour for card in CARDS}.items() >= told.items()
    assert len({card.name for card in CARDS}) == len({c.number for c in CARDS}) == len(CARDS)
    for card in CARDS:
        assert by_number(card.spaced) is card
        assert by_name(f"pm_card_{card.name}") is named(card.name) is card
        assert card.number not in card.fingerprint + card.told
    assert by_name("pm_1abc") is None
    assert by_name("visa") is None
