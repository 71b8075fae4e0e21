"""Plots of results, drawn on the server as SVG: no library, no script, the same for every page."""
