"""The floor of the curation job: Sail reads what it reads, joins what it joins, and writes what it writes."""

import os

os.environ.update(
    AWS_ENDPOINT=os.environ["AWS_ENDPOINT_URL"], AWS_ALLOW_HTTP="true", AWS_VIRTUAL_HOSTED_STYLE_REQUEST="false"
)

from pysail.spark import SparkConnectServer
from pyspark.sql import SparkSession

LAKE = f"s3://{os.environ['LAKE']}"
OUT = f"{LAKE}/benchmark/flights"


def main() -> None:
    """One pass: read, join, write 31 days."""
    server = SparkConnectServer(ip="127.0.0.1", port=0)
    server.start(background=True)
    spark = SparkSession.builder.remote(f"sc://127.0.0.1:{server.listening_address[1]}").getOrCreate()
    events = spark.read.parquet(f"{LAKE}/raw/flight_events/")
    key = ["flight_date", "carrier", "flight", "origin"]
    departures = events.where("event_type <> 'arrival'").dropDuplicates(key)
    arrivals = events.where("event_type = 'arrival'").select(*key, "arr_time", "arr_delay", "air_time")
    flights = departures.drop("arr_time", "arr_delay", "air_time").join(arrivals.dropDuplicates(key), key, "left")
    for name, on, keep in (
        ("weather", ["origin", "time_hour"], ["origin", "time_hour", "temp", "wind_speed", "precip", "visib"]),
        ("planes", ["tailnum"], ["tailnum", "manufacturer", "seats"]),
        ("airlines", ["carrier"], ["carrier", "name"]),
    ):
        table = spark.read.option("header", "true").csv(f"{LAKE}/reference/{name}/").select(*keep)
        if name == "weather":
            table = table.withColumn("time_hour", table["time_hour"].cast("timestamp"))
        flights = flights.join(table, on, "left")
    flights = flights.selectExpr("*", "substr(flight_date, 1, 7) AS month", "flight_date AS day")
    writer = flights.repartition("day").write.mode("overwrite").option("compression", "snappy")
    writer.partitionBy("month", "day").parquet(OUT)


if __name__ == "__main__":
    main()
