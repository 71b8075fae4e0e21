"""The web app with in-memory ports."""
