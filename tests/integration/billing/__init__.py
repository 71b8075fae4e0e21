"""Plans and payments with the real SDK, PostgreSQL, and a Stripe that answers over HTTP."""
