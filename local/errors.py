"""Errors that end a command of this package with a sentence instead of a traceback."""

from __future__ import annotations


class LocalError(Exception):
    """Something a person can read and act on; the command ends with exit code 1."""
