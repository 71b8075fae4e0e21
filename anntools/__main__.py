"""``python -m anntools``."""

from anntools.cli import main

main()
