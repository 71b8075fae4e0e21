"""The Stripe stand-in: products, Checkout, Billing Portal, subscriptions, invoices and webhooks.

The real Stripe SDK talks to it. No money moves, and no card number is ever kept. See
docs/stripe-stand-in.md.
"""
