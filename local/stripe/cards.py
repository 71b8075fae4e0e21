"""The published test cards, and what each of them does. No other number is accepted.

Numbers and meanings: https://docs.stripe.com/testing.
"""

from __future__ import annotations

import datetime
import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

from local.stripe.errors import ApiError, card_error


class Behaviour(Enum):
    """What happens when a card is used."""

    PAYS = "pays"
    DECLINED = "declined"
    """Refused when it is entered."""
    FAILS_LATER = "fails_later"
    """The first payment, made on the Checkout page, succeeds; every later one fails."""
    ASKS_ONCE = "asks_once"
    """The holder authenticates when it is set up; later payments succeed."""
    ASKS_ALWAYS = "asks_always"
    """Every payment must be authenticated, so that renewals wait for the holder."""


@dataclass(frozen=True)
class TestCard:
    """A test card, known by its number's last four digits and a name."""

    __test__ = False  # not a test class, whatever pytest thinks of its name

    number: str
    name: str
    """As in Stripe's ``pm_card_…`` payment methods and ``tok_…`` tokens."""
    behaviour: Behaviour
    brand: str = "visa"
    code: str = "card_declined"
    decline_code: str | None = "generic_decline"
    message: str = "Your card was declined."

    @property
    def last4(self) -> str:
        return self.number[-4:]

    @property
    def spaced(self) -> str:
        """The number as it is printed on a card."""
        groups = r"(.{4})(.{6})(.{5})" if self.brand == "amex" else r"(.{4})(.{4})(.{4})(.{4})"
        return re.sub(groups, lambda found: " ".join(found.groups()), self.number)

    @property
    def told(self) -> str:
        """What happens, for the page."""
        if self.behaviour is Behaviour.DECLINED:
            return f"Declined: {self.message}"
        return _TOLD[self.behaviour]

    @property
    def fingerprint(self) -> str:
        """The same for the same card, as Stripe's; tells nothing about the number."""
        return hashlib.sha256(f"stand-in {self.name}".encode()).hexdigest()[:16]

    def refusal(self, param: str | None = None) -> ApiError:
        return card_error(self.message, self.code, self.decline_code, param)


_TOLD = {
    Behaviour.PAYS: "Payments succeed.",
    Behaviour.FAILS_LATER: "The first payment succeeds, every later one fails.",
    Behaviour.ASKS_ONCE: "The bank asks once whether it is you.",
    Behaviour.ASKS_ALWAYS: "The bank asks for every payment; renewals wait for you.",
}

CARDS = (
    TestCard("4242424242424242", "visa", Behaviour.PAYS),
    TestCard("5555555555554444", "mastercard", Behaviour.PAYS, brand="mastercard"),
    TestCard("378282246310005", "amex", Behaviour.PAYS, brand="amex"),
    TestCard("4000000000000002", "visa_chargeDeclined", Behaviour.DECLINED),
    TestCard(
        "4000000000009995",
        "visa_chargeDeclinedInsufficientFunds",
        Behaviour.DECLINED,
        decline_code="insufficient_funds",
        message="Your card has insufficient funds.",
    ),
    TestCard(
        "4000000000000069",
        "chargeDeclinedExpiredCard",
        Behaviour.DECLINED,
        code="expired_card",
        decline_code=None,
        message="Your card has expired.",
    ),
    TestCard(
        "4000000000000127",
        "chargeDeclinedIncorrectCvc",
        Behaviour.DECLINED,
        code="incorrect_cvc",
        decline_code=None,
        message="Your card's security code is incorrect.",
    ),
    TestCard(
        "4000000000000119",
        "chargeDeclinedProcessingError",
        Behaviour.DECLINED,
        code="processing_error",
        decline_code=None,
        message="An error occurred while processing your card. Try again in a little bit.",
    ),
    TestCard("4000000000000341", "chargeCustomerFail", Behaviour.FAILS_LATER),
    TestCard("4000002500003155", "authenticationRequiredOnSetup", Behaviour.ASKS_ONCE),
    TestCard("4000002760003184", "authenticationRequired", Behaviour.ASKS_ALWAYS),
)

_BY_NUMBER = {card.number: card for card in CARDS}
_BY_NAME = {card.name: card for card in CARDS}


class CardRefused(Exception):
    """What somebody typed is not a card that can be used here.

    Parameters
    ----------
    fields
        Field name to what is wrong with it, in words.
    """

    def __init__(self, fields: Mapping[str, str]) -> None:
        super().__init__(" ".join(fields.values()))
        self.fields = dict(fields)


@dataclass(frozen=True)
class EnteredCard:
    """A card as somebody entered it on a page."""

    card: TestCard
    month: int
    year: int
    holder: str


def by_number(number: str) -> TestCard | None:
    """The test card with a number; spaces and hyphens do not count."""
    return _BY_NUMBER.get(re.sub(r"[ -]", "", number))


def by_name(name: str) -> TestCard | None:
    """The test card of a name like ``pm_card_visa`` or ``tok_visa``."""
    for prefix in ("pm_card_", "tok_"):
        if name.startswith(prefix):
            return _BY_NAME.get(name.removeprefix(prefix))
    return None


def named(card_name: str) -> TestCard:
    """The test card of a name that was kept."""
    return _BY_NAME[card_name]


def read_card(form: Mapping[str, str], now: float) -> EnteredCard:
    """Check what somebody typed.

    Raises:
        CardRefused: a field is wrong; each wrong field is told at once.
    """
    faults: dict[str, str] = {}
    card = by_number(form.get("number", ""))
    if card is None:
        faults["number"] = (
            "Only the published test card numbers work here. Never enter a real card."
        )
    month, year = _expiry(form.get("expiry", ""))
    if not month:
        faults["expiry"] = "Write the expiry date as month and year, for example 12/34."
    elif _is_past(month, year, now):
        faults["expiry"] = "This date is in the past. Any future date will do."
    digits = 4 if card is not None and card.brand == "amex" else 3
    if not re.fullmatch(rf"[0-9]{{{digits}}}", form.get("cvc", "").strip()):
        faults["cvc"] = f"The security code has {digits} digits. Any will do."
    holder = form.get("name", "").strip()
    if not 1 <= len(holder) <= 200:
        faults["name"] = "Write a name; any name will do."
    if faults or card is None:
        raise CardRefused(faults)
    return EnteredCard(card, month, year, holder)


def _expiry(text: str) -> tuple[int, int]:
    match = re.fullmatch(r"\s*(0?[1-9]|1[0-2])\s*[/-]\s*(20)?([0-9]{2})\s*", text)
    return (int(match[1]), 2000 + int(match[3])) if match else (0, 0)


def _is_past(month: int, year: int, now: float) -> bool:
    today = datetime.datetime.fromtimestamp(now, datetime.UTC)
    return (year, month) < (today.year, today.month)
