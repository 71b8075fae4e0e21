"""The REST API under `/api/v1`: what programs use. docs/api.md."""
