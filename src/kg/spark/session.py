"""Statements in Spark: one session, whose jobs can be cancelled."""

from __future__ import annotations

import logging
import re
import uuid
from collections.abc import Iterator
from decimal import Decimal
from itertools import islice
from pathlib import Path

from py4j.protocol import Py4JError
from pyspark import SparkContext
from pyspark.errors import PySparkException
from pyspark.sql import SparkSession

from kg.columnar import Unsupported
from kg.errors import BadInput

TABLES = ("term", "number", "quad")
"""What statements read."""

OPTIONS = {
    "spark.app.name": "kg",
    "spark.ui.enabled": "false",
    "spark.scheduler.mode": "FAIR",
    "spark.sql.ansi.enabled": "true",  # what overflows fails
    "spark.sql.variable.substitute": "false",  # ${x} in a text is a text
    "spark.sql.parser.escapedStringLiterals": "false",
    "spark.sql.decimalOperations.allowPrecisionLoss": "true",
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.shuffle.partitions": "8",  # before they are joined, where they are small
}
HERE = {"spark.driver.bindAddress": "127.0.0.1", "spark.driver.host": "127.0.0.1"}
"""Where the whole cluster is on this machine, nobody else reaches it."""


class Session:
    """A session over a folder of Parquet files."""

    def __init__(self, folder: Path | None, master: str) -> None:
        """Start it, which takes seconds. Raises BadInput where there is no Spark at `master`."""
        builder = SparkSession.builder.master(master)
        for name, value in {**OPTIONS, **(HERE if master.startswith("local") else {})}.items():
            builder = builder.config(name, value)
        logging.getLogger("SQLQueryContextLogger").disabled = True  # errors are told by who asked
        try:
            self._spark = builder.getOrCreate()
            self._spark.sparkContext.setLogLevel("OFF")
            if folder is not None:
                self.read(folder)
        except (PySparkException, RuntimeError, OSError) as error:
            raise BadInput(f"Spark cannot be started at {master}: {_said(error)}") from None

    def read(self, folder: Path) -> None:
        """Read another folder from now on."""
        for name in TABLES:
            file = (folder / f"{name}.parquet").absolute().as_uri()
            self._spark.read.parquet(file).createOrReplaceTempView(name)

    def run(self, sql: str) -> Rows:
        """Run a statement; its rows can be fetched one block after another."""
        return Rows(self._spark, sql)

    def wait(self) -> None:
        """Return when Spark has ended."""
        SparkContext._gateway.proc.wait()  # noqa: SLF001  nothing else tells it

    def close(self) -> None:
        """End it."""
        self._spark.stop()


class Rows:
    """The rows of a statement. Every failure is Unsupported: nothing is answered in part."""

    def __init__(self, spark: SparkSession, sql: str) -> None:
        self._context = spark.sparkContext
        self.group = f"kg-{uuid.uuid4().hex}"
        self._rows = self._found(spark, sql)

    def _found(self, spark: SparkSession, sql: str) -> Iterator[tuple[object, ...]]:
        self._context.setJobGroup(self.group, "a query", interruptOnCancel=True)
        yield from spark.sql(sql).toLocalIterator(prefetchPartitions=True)

    def fetchmany(self, size: int) -> list[tuple[object, ...]]:
        """Return the next rows. Raises Unsupported."""
        try:
            return [tuple(map(_plain, row)) for row in islice(self._rows, size)]
        except (PySparkException, Py4JError) as error:
            raise Unsupported(f"it could not be run by Spark: {_said(error)}") from None

    def cancel(self) -> None:
        """Stop it, from another thread."""
        self._context.cancelJobGroup(self.group)


def _plain(value: object) -> object:
    """Return a decimal as the whole number that it is. Raises Unsupported where it is none."""
    if not isinstance(value, Decimal):
        return value
    if value != (whole := int(value)):
        raise Unsupported("a decimal that is no whole number")
    return whole


def _said(error: Exception) -> str:
    """Return what Spark says, without where in its program."""
    found = re.search(r"\[[A-Z_.]+\].*", str(error))
    return (found[0] if found else str(error).partition("\n")[0])[:300]
