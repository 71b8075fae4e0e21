"""Who uses the service: the accounts database (PostgreSQL)."""
