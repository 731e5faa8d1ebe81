"""The curated table as the Glue job writes it, calculated with pandas; and the scripts run as SageMaker runs them."""

import atexit
import json
import tarfile
import tempfile
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from contracts import load
from datasets.flights.features import INPUTS
from datasets.flights.producer import data_folder
from localcloud.cloud import Cloud
from localcloud.sagemaker.container import Container
from localcloud.sagemaker.process import Command, PythonHost
from processing.sagemaker import inference

ROOT = Path(__file__).resolve().parents[4]
TABLE = load("flights").table("flights")
ARROW = {
    "string": pa.string(),
    "int": pa.int32(),
    "double": pa.float64(),
    "boolean": pa.bool_(),
    "date": pa.date32(),
    "timestamp": pa.timestamp("us"),
}
WEATHER = ["temp", "dewp", "humid", "wind_dir", "wind_speed", "wind_gust", "precip", "pressure", "visib"]


@cache
def curated_year() -> pd.DataFrame:
    """Every flight of 2013 with the columns of the curated table."""
    folder = data_folder()
    frame = pd.read_csv(folder / "flights.csv.zip")
    day = pd.to_datetime(frame[["year", "month", "day"]])
    frame["flight_date"], frame["month"], frame["day"] = day, day.dt.strftime("%Y-%m"), day.dt.strftime("%Y-%m-%d")
    frame["cancelled"] = frame["dep_time"].isna()
    frame["arrived_late"] = (frame["arr_delay"] >= 15).astype("boolean").mask(frame["arr_delay"].isna())
    for by in ("carrier", "origin"):
        late = frame["arr_delay"].ge(15).where(frame["arr_delay"].notna())
        daily = late.groupby([frame["flight_date"], frame[by]]).agg(["sum", "count"]).unstack().fillna(0)
        before = daily.asfreq("D", fill_value=0).rolling(7, min_periods=1).sum().shift(1)
        rate = (before["sum"] / before["count"]).stack().rename(f"{by}_delay_rate_7d")
        frame = frame.join(rate, on=["flight_date", by])
    planes = pd.read_csv(folder / "planes.csv")[["tailnum", "year", "manufacturer", "engines", "seats"]]
    planes.columns = ["tailnum", "plane_year", "plane_manufacturer", "plane_engines", "plane_seats"]
    airports = pd.read_csv(folder / "airports.csv")[["faa", "name", "lat", "lon"]]
    airports.columns = ["dest", "dest_name", "dest_lat", "dest_lon"]
    airlines = pd.read_csv(folder / "airlines.csv").rename(columns={"name": "airline_name"})
    weather = pd.read_csv(folder / "weather.csv")[["origin", "time_hour", *WEATHER]]
    for side, on in (
        (planes, "tailnum"),
        (airports, "dest"),
        (airlines, "carrier"),
        (weather, ["origin", "time_hour"]),
    ):
        frame = frame.merge(side, on=on, how="left")
    frame["flight_date"] = frame["flight_date"].dt.date
    frame["time_hour"] = pd.to_datetime(frame["time_hour"], utc=True).dt.tz_localize(None)
    return frame


def curated(start: str, end: str) -> pd.DataFrame:
    """Flights of the days from ``start`` to ``end``, both included."""
    frame = curated_year()
    return frame[frame["day"].between(start, end)]


def write_curated(frame: pd.DataFrame, folder: Path) -> Path:
    """``frame`` as the curated table's files: month=…/day=…/part.parquet."""
    for (month, day), rows in frame.groupby(["month", "day"]):
        target = folder / f"month={month}" / f"day={day}"
        target.mkdir(parents=True, exist_ok=True)
        columns = {c.name: pa.Array.from_pandas(rows[c.name], type=ARROW[c.type]) for c in TABLE.columns}
        pq.write_table(pa.table(columns), target / "part-00000.snappy.parquet")
    return folder


def event(row: Any) -> dict[str, Any]:
    """A row of the curated table as the request for its prediction."""
    values = {name: row[name] for name in INPUTS}
    values["flight_date"] = values["flight_date"].isoformat()
    return {name: None if pd.isna(value) else _plain(value) for name, value in values.items()}


def _plain(value: Any) -> Any:
    return value.item() if hasattr(value, "item") else value


def captured(model: inference.Model, frame: pd.DataFrame, folder: Path) -> Path:
    """The capture file of an endpoint that was asked about each row of ``frame``, one request a row."""
    lines: list[str] = []
    for _, row in frame.iterrows():
        body = json.dumps(event(row))
        answer, _ = inference.write(inference.predict(inference.read(body, "application/json"), model), None)
        observed = {"observedContentType": "application/json", "encoding": "JSON"}
        key = f"{row['flight_date']}/{row['carrier']}/{row['flight']}/{row['origin']}"
        record = {
            "captureData": {
                "endpointInput": {**observed, "mode": "INPUT", "data": body},
                "endpointOutput": {**observed, "mode": "OUTPUT", "data": answer},
            },
            "eventMetadata": {
                "eventId": f"id-{len(lines)}",
                "inferenceId": key,
                "inferenceTime": "2013-04-01T00:00:00Z",
            },
            "eventVersion": "0",
        }
        lines.append(json.dumps(record))
    folder.mkdir(parents=True)
    (folder / "00-00-000.jsonl").write_text("\n".join(lines) + "\n")
    return folder


@dataclass
class Jobs:
    """Runs the scripts below one folder, each job with a /opt/ml of its own."""

    folder: Path

    def processing(
        self, name: str, script: str, *args: str, inputs: dict[str, Path], fails: bool = False
    ) -> "Finished":
        """A processing job: inputs are linked to input/<name>, what it wrote is below output/."""
        root = self.folder / name / "processing"
        (root / "input").mkdir(parents=True)
        for channel, source in inputs.items():
            (root / "input" / channel).symlink_to(source, target_is_directory=True)
        environment = {"PROCESSING_ROOT": str(root)}
        return self._run([f"processing.sagemaker.{script}", *args], environment, root, fails)

    def training(self, name: str, *args: str, channels: dict[str, Path], fails: bool = False) -> "Finished":
        """A training job; `output/model.tar.gz` holds what it put into the model folder."""
        root = self.folder / name
        root.mkdir()
        environment = {
            "SM_MODEL_DIR": str(root / "model"),
            "SM_OUTPUT_DATA_DIR": str(root / "output" / "data"),
            "SM_OUTPUT_DIR": str(root / "output"),
            "SM_NUM_CPUS": "1",
            **{f"SM_CHANNEL_{channel.upper()}": str(source) for channel, source in channels.items()},
        }
        finished = self._run(["processing.sagemaker.train", *args], environment, root, fails)
        if not fails:
            with tarfile.open(root / "output" / "model.tar.gz", "w:gz", compresslevel=1) as archive:
                archive.add(root / "model", ".")
        return finished

    def _run(self, command: list[str], environment: dict[str, str], root: Path, fails: bool) -> "Finished":
        environment = {"PYTHONPATH": str(ROOT), **environment}
        container = Container(root / "container", real=False)
        process = _host().start(Command(("python", "-m", *command), str(ROOT), container, environment))
        with process.output:
            output = process.output.read().decode()
        assert (process.wait() != 0) == fails, output
        return Finished(root, output)


@cache
def _host() -> PythonHost:
    """What the local SageMaker forks its scripts from: the libraries, which take seconds, are imported once."""
    folder = tempfile.TemporaryDirectory()
    cloud = SimpleNamespace(workdir=folder.name, engine_environment={})  # these jobs call no service
    host = PythonHost(cast(Cloud, cloud))
    atexit.register(folder.cleanup)
    atexit.register(host.close)
    return host


@dataclass
class Finished:
    """A job that ended."""

    root: Path
    log: str

    def output(self, name: str) -> Path:
        return self.root / "output" / name
