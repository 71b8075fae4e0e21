"""The rules of subscriptions: periods, invoices, payments, retries, and ends."""
