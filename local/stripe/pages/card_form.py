"""What the card forms of all pages share."""

from __future__ import annotations

from local.stripe.cards import by_number
from local.stripe.pages.base import Form


def typed_again(form: Form) -> dict[str, str]:
    """What may be shown again in a form that was refused.

    Never the security code, and a number only if it is a published test number: should somebody
    have typed a real one, it goes nowhere.
    """
    again = {name: form[name][:200] for name in ("name", "expiry", "email")}
    if by_number(form["number"]) is not None:
        again["number"] = form["number"]
    return again
