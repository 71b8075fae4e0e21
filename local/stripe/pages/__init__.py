"""What a person sees: Checkout, the Billing Portal, invoices, and the list of events."""
