"""Spark on this machine."""

from __future__ import annotations

import pytest


@pytest.fixture(scope="session")
def session():
    """A session of Spark in one process, which reads nothing yet."""
    from kg.spark.session import Session  # noqa: PLC0415  only where it is installed

    session = Session(None, "local[2]")
    yield session
    session.close()
