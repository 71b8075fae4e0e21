"""What is watched on AWS: every alarm with what it means and what to do, a dashboard, a budget.

One declaration (`alarms.py`) makes the template `deploy/watch.yaml` and the page docs/alarms.md:
`python -m deploy.watching` writes both, and a test holds them equal to it.
"""

from pathlib import Path

FOLDER = Path(__file__).parent
TEMPLATE = FOLDER.parent / "watch.yaml"
PAGE = FOLDER.parents[1] / "docs" / "alarms.md"
SERVICE = FOLDER.parent / "service.yaml"
