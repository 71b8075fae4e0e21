"""The functions that AWS Lambda runs: one folder each, `handler.handle` in it."""
