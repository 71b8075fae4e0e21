"""Version of the engine."""

from typing import Final

VERSION: Final = "0.1.0"
