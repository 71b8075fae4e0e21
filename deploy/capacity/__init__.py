"""What the service costs on AWS and how far it reaches: arithmetic over measured figures.

`python -m deploy.capacity` (`make capacity`) prints what docs/cost.md and docs/scale.md say, and
with `--write` keeps it there. Money is US dollars, a month 730 hours.
"""

from pathlib import Path

FOLDER = Path(__file__).parent
MEASURED = FOLDER / "measured.json"
"""Written by `make bench-calls ARGS=--write`."""
PRICES = FOLDER / "prices.json"
QUOTAS = FOLDER / "quotas.json"
