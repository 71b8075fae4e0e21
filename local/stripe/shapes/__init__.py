"""How each object of the API looks when it is new: every field that Stripe sends."""
