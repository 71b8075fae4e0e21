"""The product under test: addresses of a whole running installation."""

import os
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from local.addresses import Addresses
from tests.support.installation import Installation


@dataclass(frozen=True)
class Product:
    """Where the parts of the installation are (origins, no trailing slash)."""

    web: str
    gateway: str
    globus: str
    mailbox: str

    @property
    def origins(self) -> set[str]:
        return {self.web, self.gateway, self.globus, self.mailbox}


@pytest.fixture(scope="session")
def product(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    """The whole embedded default, started once for all tests that do not kill it.

    `GAS_TEST_PORT_OFFSET` names one that runs already (`make run`: 0).
    """
    offset = os.environ.get("GAS_TEST_PORT_OFFSET")
    if offset is not None:
        yield _product(Addresses().shifted(int(offset)))
        return
    installation = Installation(tmp_path_factory.mktemp("product") / "data")
    installation.start()
    yield _product(installation.addresses)
    installation.stop()


def _product(addresses: Addresses) -> Product:
    return Product(*(addresses.url(part) for part in ("web", "cloud", "globus", "mailbox")))
