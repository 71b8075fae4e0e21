"""Plans in the web app: the plan page, the way to Stripe and back, Stripe's callback."""
