"""Passes over the tests that import this where Spark is not installed."""

import shutil

import pytest

pytest.importorskip("pyspark", reason="Spark is not installed; see `make spark`")
if shutil.which("java") is None:
    pytest.skip("Spark needs Java 17 or later", allow_module_level=True)
