"""Reading the curated table: one row a key, with the label, in the order of time."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds
from numpy.typing import NDArray

from processing.dataset import Columns, Dataset
from processing.records import arrow_columns
from processing.sagemaker.workspace import JobError


@dataclass(frozen=True)
class Curated:
    """Labelled rows of the curated table.

    Attributes:
        table: pyarrow table with the inputs and the target.
        target: what to predict, by row: 0 or 1, or a number.
        dropped: how many rows were left out, by reason.
    """

    table: Any
    columns: Columns
    target: NDArray[np.float64]
    dropped: dict[str, int]


def read_table(folder: Path, columns: list[str]) -> Any:
    """Parquet under ``folder`` (Hive partitions or flat) as a pyarrow table; JobError names what is missing."""
    source = ds.dataset(folder, format="parquet", partitioning="hive")
    if not source.files:
        raise JobError(f"no Parquet file under {folder}")
    if absent := [name for name in columns if name not in source.schema.names]:
        raise JobError(f"the curated table lacks {', '.join(absent)}; it has {', '.join(source.schema.names)}")
    return source.to_table(columns=columns)


def read_curated(folder: Path, dataset: Dataset, target: str, start: str | None, end: str | None) -> Curated:
    """Rows from ``start`` to ``end`` (dates of ``dataset.order_by``, both included) that have a target."""
    names = list(dict.fromkeys((*dataset.table.primary_key, *dataset.inputs, target)))
    table = read_table(folder, names)
    read = table.num_rows
    if dataset.order_by is not None:
        day = table.column(dataset.order_by).cast(pa.date32())
        for bound, compare in ((start, pc.greater_equal), (end, pc.less_equal)):
            if bound:
                table = table.filter(compare(day, pa.scalar(bound).cast(pa.date32())))
                day = table.column(dataset.order_by).cast(pa.date32())
    elif start or end:
        raise JobError("a dataset without time has no window: leave out --start and --end")
    within = table.num_rows
    table = table.filter(pc.is_valid(table.column(target)))
    labelled = table.num_rows
    if not labelled:
        raise JobError(f"no labelled rows between {start} and {end} under {folder} ({read} rows read)")
    table = _first_of_each(table, dataset)
    dropped = {
        "outside_window": read - within,
        "unlabelled": within - labelled,
        "duplicates": labelled - table.num_rows,
    }
    columns = arrow_columns(table, dataset.inputs)
    return Curated(table, columns, arrow_columns(table, [target])[target].astype(np.float64), dropped)


def _first_of_each(table: Any, dataset: Dataset) -> Any:
    """One row a key, by time and key: the same rows in the same order however the files were cut.

    While the job that curates the table publishes a day, readers may see its flights twice.
    """
    keys = list(dataset.table.primary_key)
    order = [dataset.order_by] if dataset.order_by else []
    table = table.sort_by([(name, "ascending") for name in dict.fromkeys((*order, *keys))])
    same = np.ones(table.num_rows - 1, bool)
    for name in keys:
        column = table.column(name).combine_chunks()
        same &= pc.equal(column.slice(1), column.slice(0, len(column) - 1)).to_numpy(zero_copy_only=False)
    return table.filter(pa.array(np.concatenate([[True], ~same])))
