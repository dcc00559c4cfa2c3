"""Rows to parquet and back, through pyarrow alone.

One row is one row group: a set is read network by network, however large it is.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from whestbench.dataset.schema import COLUMNS, CorruptDatasetError, hub_features

__all__ = ["SplitFile", "arrow_schema", "write_rows"]

Row = dict[str, Any]


def arrow_schema(width: int, depth: int) -> pa.Schema:
    """Columns with the types of Hugging Face beside them."""
    f32 = pa.float32()
    features = {"info": {"features": hub_features(width, depth)}}
    return pa.schema(
        [
            ("mlp_id", pa.int32()),
            ("mlp_name", pa.string()),
            ("mlp_seed", pa.int64()),
            _array_field("weights", (depth, width, width)),
            _array_field("all_layer_means", (depth, width)),
            ("final_means", pa.list_(f32, width)),
            ("avg_variance", pa.float64()),
            ("sampling_budget_breakdown", pa.string()),
        ],
        metadata={"huggingface": json.dumps(features)},
    )


def _array_field(name: str, shape: tuple[int, ...]) -> pa.Field:
    """A column of arrays: lists of lists, marked as the extension type that `datasets` knows."""
    storage: pa.DataType = pa.float32()
    for _ in shape:
        storage = pa.list_(storage)
    return pa.field(
        name,
        storage,
        metadata={
            "ARROW:extension:name": f"datasets.features.features.Array{len(shape)}DExtensionType",
            "ARROW:extension:metadata": json.dumps([list(shape), "float32"]),
        },
    )


def _nested(array: np.ndarray[Any, Any]) -> pa.Array:
    """One row holding an array of any rank, as lists of lists."""
    values: pa.Array = pa.array(array.reshape(-1))
    count = array.size
    for extent in reversed(array.shape):
        offsets = np.arange(0, count + 1, extent, dtype=np.int32)
        values = pa.ListArray.from_arrays(pa.array(offsets), values)
        count //= extent
    return values


def _table(row: Row, schema: pa.Schema, width: int) -> pa.Table:
    final = pa.array(np.asarray(row["final_means"], np.float32))
    columns = [
        pa.array([row["mlp_id"]], pa.int32()),
        pa.array([row["mlp_name"]], pa.string()),
        pa.array([row["mlp_seed"]], pa.int64()),
        _nested(np.asarray(row["weights"], np.float32)),
        _nested(np.asarray(row["all_layer_means"], np.float32)),
        pa.FixedSizeListArray.from_arrays(final, width),
        pa.array([row["avg_variance"]], pa.float64()),
        pa.array([row["sampling_budget_breakdown"]], pa.string()),
    ]
    return pa.Table.from_arrays(columns, schema=schema)


def write_rows(path: Path, rows: Iterable[Row], width: int, depth: int) -> int:
    """Write rows as they come; returns how many."""
    schema = arrow_schema(width, depth)
    path.parent.mkdir(parents=True, exist_ok=True)
    count = 0
    # Random floats do not compress; trying costs more than all the rest.
    with pq.ParquetWriter(path, schema, compression="none") as writer:
        for row in rows:
            writer.write_table(_table(row, schema, width))
            count += 1
    return count


class SplitFile:
    """The rows of one parquet file, read one at a time.

    Parameters
    ----------
    path : pathlib.Path
    width, depth : int
        What the metadata says; every row is held to it.

    Raises
    ------
    CorruptDatasetError
        When the file is missing, damaged, or lacks a column.
    """

    def __init__(self, path: Path, width: int, depth: int) -> None:
        self.path, self.width, self.depth = path, width, depth
        if not path.is_file():
            raise CorruptDatasetError(f"{path} is missing; download or bake the dataset again")
        try:
            self._file = pq.ParquetFile(path)
        except (pa.ArrowException, OSError) as error:
            raise CorruptDatasetError(f"{path} is no readable parquet file: {error}") from error
        missing = set(COLUMNS) - set(self._file.schema_arrow.names)
        if missing:
            raise CorruptDatasetError(f"{path} lacks the columns {', '.join(sorted(missing))}")

    def __len__(self) -> int:
        return int(self._file.metadata.num_rows)

    def rows(self, columns: Iterable[str] = COLUMNS, limit: int | None = None) -> Iterator[Row]:
        """Rows as dicts of NumPy arrays and plain values, at most `limit` of them."""
        names = list(columns)
        left = len(self) if limit is None else limit
        for group in range(self._file.metadata.num_row_groups):
            if left <= 0:
                return
            try:
                table = self._file.read_row_group(group, columns=names)
            except (pa.ArrowException, OSError) as error:
                raise CorruptDatasetError(f"{self.path} is damaged: {error}") from error
            for index in range(min(left, table.num_rows)):
                yield self._row(table.slice(index, 1), names)
            left -= table.num_rows

    def _row(self, table: pa.Table, names: list[str]) -> Row:
        shapes: Mapping[str, tuple[int, ...]] = {
            "weights": (self.depth, self.width, self.width),
            "all_layer_means": (self.depth, self.width),
            "final_means": (self.width,),
        }
        row: Row = {}
        for name in names:
            column = table.column(name).combine_chunks()
            if name not in shapes:
                row[name] = column[0].as_py()
                continue
            # Where `datasets` is imported, pyarrow gives its extension type.
            values = column.storage if isinstance(column, pa.ExtensionArray) else column
            while not pa.types.is_floating(values.type):
                values = values.flatten()
            array = values.to_numpy(zero_copy_only=False).astype(np.float32, copy=False)
            if array.size != np.prod(shapes[name]):
                raise CorruptDatasetError(
                    f"{self.path}: {name} of a row holds {array.size} numbers, expected shape "
                    f"{shapes[name]}"
                )
            if not np.isfinite(array).all():
                raise CorruptDatasetError(f"{self.path}: {name} of a row is not finite")
            row[name] = array.reshape(shapes[name])
        return row
