"""All samples in one file, for other tools."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, BinaryIO

from sqlalchemy import Double, Select, Text, select

from harness.errors import StoreError, UsageError
from harness.history.database import Database
from harness.history.frames import need
from harness.history.tables import runs, samples

_BATCH = 5000
_FORMS = (".parquet", ".csv")
_OF_RUNS = ("name", "started", "finished", "ended", "harness")


def export_samples(database: Database, path: Path) -> int:
    """Write every sample with its run's facts, oldest run first; how many there were.

    The file appears when it is whole, and takes the place of an earlier one. Rows pass through in
    batches. Raises UsageError for another ending or without the extra `frames`, StoreError.
    """
    if path.suffix not in _FORMS:
        raise UsageError(str(path), "is neither .parquet nor .csv", "name the file so")
    need("pyarrow", "harness history export")
    import pyarrow as pa  # type: ignore[import-untyped]

    statement = _statement()
    schema = pa.schema(
        [(column.name, _arrow(column.type)) for column in statement.selected_columns]
    )
    count = 0
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}.tmp")
    try:
        with (
            draft.open("wb") as file,
            _writer(file, schema, path.suffix) as writer,
            database.reading() as connection,
        ):
            rows = connection.execution_options(yield_per=_BATCH).execute(statement)
            for part in rows.partitions():
                columns = zip(*part, strict=True)
                arrays = [
                    pa.array(values, field.type)
                    for values, field in zip(columns, schema, strict=True)
                ]
                writer.write_batch(pa.RecordBatch.from_arrays(arrays, schema=schema))
                count += len(part)
        draft.replace(path)
    except OSError as error:
        raise StoreError(
            str(path),
            f"cannot be written ({error.strerror or error})",
            "free disk space, mend its folder's rights or name another file",
        ) from error
    finally:
        with suppress(OSError):
            draft.unlink()
    return count


def _statement() -> Select[Any]:
    of_run = [runs.c[name].label(f"run_{name}") for name in _OF_RUNS]
    return (
        select(samples.c.run, *of_run, *(column for column in samples.c if column.name != "run"))
        .join_from(samples, runs, runs.c.id == samples.c.run)
        .order_by(runs.c.started, runs.c.id, samples.c.number)
    )


def _arrow(kind: Any) -> Any:
    import pyarrow as pa

    if isinstance(kind, Text):
        return pa.string()
    return pa.float64() if isinstance(kind, Double) else pa.int64()


@contextmanager
def _writer(file: BinaryIO, schema: Any, form: str) -> Iterator[Any]:
    if form == ".parquet":
        from pyarrow.parquet import ParquetWriter  # type: ignore[import-untyped]

        with ParquetWriter(file, schema, compression="zstd") as writer:
            yield writer
    else:
        from pyarrow.csv import CSVWriter  # type: ignore[import-untyped]

        with CSVWriter(file, schema) as writer:
            yield writer
