"""Files between the jobs: Parquet with the label, the features in their order, and for test rows what describes them.

Descriptive columns begin with ``META``: groups and the prediction of the no-ML baseline. No training job reads them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from processing.sagemaker.workspace import JobError

LABEL = "label"
META = "meta_"
BASELINE = "baseline"
FEATURES_FILE = "features.json"
MODEL_FILE = "xgboost-model.json"


@dataclass(frozen=True)
class Rows:
    """Encoded rows: float32 matrix (rows, features), label (rows), and descriptive columns by name without prefix."""

    matrix: NDArray[np.float32]
    label: NDArray[np.float64]
    meta: dict[str, NDArray[Any]]


def write_rows(folder: Path, names: Sequence[str], rows: Rows) -> None:
    """Write ``<folder>/<name of folder>.parquet``."""
    columns: dict[str, NDArray[Any]] = {LABEL: rows.label}
    columns.update({name: rows.matrix[:, index] for index, name in enumerate(names)})
    columns.update({f"{META}{name}": values for name, values in rows.meta.items()})
    table = pa.table({name: pa.array(values) for name, values in columns.items()})
    pq.write_table(table, folder / f"{folder.name}.parquet")


def read_rows(folder: Path, names: Sequence[str]) -> Rows:
    """The rows of every Parquet file in ``folder``, whose features must be ``names``."""
    files = sorted(folder.glob("*.parquet"))
    if not files:
        raise JobError(f"no Parquet file in {folder}")
    table = pa.concat_tables([pq.read_table(file) for file in files])
    features = [name for name in table.column_names if name != LABEL and not name.startswith(META)]
    if features != list(names):
        odd = sorted(set(features) ^ set(names)) or ["their order"]
        raise JobError(f"{folder}: its features are not those of {FEATURES_FILE}; they differ in {', '.join(odd)}")
    matrix = np.column_stack([table.column(name).to_numpy() for name in names]).astype(np.float32, copy=False)
    meta = {name: np.asarray(table.column(name)) for name in table.column_names if name.startswith(META)}
    return Rows(matrix, table.column(LABEL).to_numpy(), {name.removeprefix(META): v for name, v in meta.items()})
