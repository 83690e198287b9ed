"""What tests of the content look at: what ships."""

from __future__ import annotations

import pytest

from innocap_analysis.index.capacity import CapacityData, load_capacity
from innocap_analysis.settings import Settings, load_settings
from tests.frozen import ROOT


@pytest.fixture(scope="session")
def settings() -> Settings:
    """Return the settings that ship."""
    return load_settings(ROOT)


@pytest.fixture(scope="session")
def capacity(settings: Settings) -> CapacityData:
    """Return the figures that ship, read once."""
    return load_capacity(settings=settings)
