"""What holds for all tests."""

from collections.abc import Sequence
from pathlib import Path

import pytest

BESIDE_SERVICES = ("integration", "e2e")


def pytest_collection_modifyitems(items: Sequence[pytest.Item]) -> None:
    """Try a test that runs beside services and browsers once more when it fails.

    Two dozen processes share its machine, and a second in which none of them is given a processor
    is no fault of the code. The summary names what was repeated (RERUN): who is there often has a
    fault. Tests of the engine and unit tests depend on nothing and are never repeated.
    """
    for item in items:
        folder = item.path.relative_to(Path(__file__).parent).parts[0]
        if folder in BESIDE_SERVICES:
            item.add_marker(pytest.mark.flaky(reruns=1))
