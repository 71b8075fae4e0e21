"""Uploads: choose a file, sign it, and register what came back from S3."""
