"""Brings the accounts database to a release's schema, once, before any of its code runs."""
