"""The web app against real neighbours."""
