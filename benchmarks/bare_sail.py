"""The floor of the curation job: Sail reads what it reads, joins what it joins, and writes what it writes.

The same reads and writes, all through S3: the new events for their days, then the events of those days; the four
reference tables; the two tables that the job stages, written and read back; 31 partitions over the old ones; the
staged tables deleted. Nothing else of the job: no catalog, bookmark, casts, rates or quality rules.
"""

import os

os.environ.update(
    AWS_ENDPOINT=os.environ["AWS_ENDPOINT_URL"], AWS_ALLOW_HTTP="true", AWS_VIRTUAL_HOSTED_STYLE_REQUEST="false"
)

import boto3
from pysail.spark import SparkConnectServer
from pyspark.sql import DataFrame, SparkSession

from processing.glue import lake

LAKE = f"s3://{os.environ['LAKE']}"
STAGING = "benchmark/_staging/"
OUT = f"{LAKE}/benchmark/flights"


def main() -> None:
    """Read, join, write 31 days."""
    server = SparkConnectServer(ip="127.0.0.1", port=0)
    server.start(background=True)
    spark = SparkSession.builder.remote(f"sc://127.0.0.1:{server.listening_address[1]}").getOrCreate()
    spark.read.parquet(f"{LAKE}/raw/flight_events/").groupBy("flight_date").count().collect()
    flights = staged(spark, "flights", one_row_a_flight(spark.read.parquet(f"{LAKE}/raw/flight_events/")))
    flights = staged(spark, "candidates", with_reference(spark, flights))
    writer = flights.repartition("day").write.mode("overwrite").option("compression", "snappy")
    writer.partitionBy("month", "day").parquet(OUT)
    s3 = boto3.client("s3")
    lake.delete_keys(s3, os.environ["LAKE"], lake.keys_under(s3, os.environ["LAKE"], [STAGING]))
    spark.stop()  # before the server ends with this function: a client without it retries for ten minutes


def one_row_a_flight(events: DataFrame) -> DataFrame:
    """Departures with their arrivals."""
    key = ["flight_date", "carrier", "flight", "origin"]
    departures = events.where("event_type <> 'arrival'").dropDuplicates(key)
    arrivals = events.where("event_type = 'arrival'").select(*key, "arr_time", "arr_delay", "air_time")
    return departures.drop("arr_time", "arr_delay", "air_time").join(arrivals.dropDuplicates(key), key, "left")


def with_reference(spark: SparkSession, flights: DataFrame) -> DataFrame:
    """The columns of the four reference tables and of the partition keys."""
    for name, on, keep in (
        ("weather", ["origin", "time_hour"], ["origin", "time_hour", "temp", "wind_speed", "precip", "visib"]),
        ("planes", ["tailnum"], ["tailnum", "manufacturer", "seats"]),
        ("airlines", ["carrier"], ["carrier", "name AS airline_name"]),
        ("airports", ["dest"], ["faa AS dest", "name AS dest_name", "lat", "lon"]),
    ):
        table = spark.read.option("header", "true").csv(f"{LAKE}/reference/{name}/").selectExpr(*keep)
        if name == "weather":
            table = table.withColumn("time_hour", table["time_hour"].cast("timestamp"))
        flights = flights.join(table, on, "left")
    return flights.selectExpr("*", "substr(flight_date, 1, 7) AS month", "flight_date AS day")


def staged(spark: SparkSession, name: str, frame: DataFrame) -> DataFrame:
    """``frame``, written to S3 and read back."""
    path = f"{LAKE}/{STAGING}{name}/"
    frame.write.mode("overwrite").option("compression", "snappy").parquet(path)
    return spark.read.parquet(path)


if __name__ == "__main__":
    main()
