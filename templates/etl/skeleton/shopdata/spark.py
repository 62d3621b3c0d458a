r"""The same hour by Apache Spark, for logs that one machine cannot hold.

Inside Airflow the switch is LOG_ENGINE=spark; alone, also for addresses like s3a://bucket/lake:

    spark-submit --packages org.apache.hadoop:hadoop-aws:VERSION shopdata/spark.py \\
        s3a://bucket/lake 2026-11-02T10 30

Spark alone knows no s3a; VERSION is that of the hadoop-client jars it brings.
"""

import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

from pyspark.sql import Column, DataFrame, SparkSession, Window
from pyspark.sql import functions as f

HOUR = timedelta(hours=1)
ENTRY = "user_id STRING, path STRING, ts STRING, broken STRING"


def build_hour(lake: Path | str, hour: datetime, gap_minutes: int) -> None:
    """Make the hour's partition from its raw lines, in the place of what was there."""
    builder = SparkSession.builder.appName("hourly-logs")
    builder = builder.config("spark.sql.session.timeZone", "UTC")
    # dt and hour stay texts: 09 is not 9.
    builder = builder.config("spark.sql.sources.partitionColumnTypeInference.enabled", "false")
    with builder.getOrCreate() as spark:
        requests = _requests(spark, str(lake), hour).cache()
        of_hour = f.col("at") == f.lit(f"{hour:%Y-%m-%d %H}")
        rejected = requests.where(of_hour & f.col("reason").isNotNull())
        visits = _visits(requests.where(f.col("reason").isNull()), gap_minutes).where(of_hour)
        place = f"dt={hour:%Y-%m-%d}/hour={hour:%H}"
        _store(visits.drop("at").orderBy("ts"), f"{lake}/visits/{place}")
        _store(rejected.select("line", "reason"), f"{lake}/rejected/{place}")


def _requests(spark: SparkSession, lake: str, hour: datetime) -> DataFrame:
    """Read the hour and the one after it; the names of the folders say which files to open."""
    at = f.concat_ws(" ", "dt", "hour")
    wanted = [f"{each:%Y-%m-%d %H}" for each in (hour, hour + HOUR)]
    lines = spark.read.text(f"{lake}/raw").where(at.isin(wanted)).where(f.trim("value") != "")
    entry = f.from_json("value", ENTRY, {"columnNameOfCorruptRecord": "broken"})
    parsed = lines.select(f.col("value").alias("line"), at.alias("at"), entry.alias("entry"))
    fields = parsed.select("line", "at", "entry.*")
    timed = fields.withColumn("ts", f.try_to_timestamp("ts").cast("timestamp_ntz"))
    return timed.withColumn("reason", _reason())


def _reason() -> Column:
    missing = f.col("user_id").isNull() | f.col("path").isNull() | f.col("ts").isNull()
    elsewhere = f.date_format("ts", "yyyy-MM-dd HH") != f.col("at")
    return (
        f.when(f.col("broken").isNotNull(), "broken_json")
        .when(missing, "incomplete")
        .when(elsewhere, "other_hour")
    )


def _visits(requests: DataFrame, gap_minutes: int) -> DataFrame:
    following = f.lead("ts").over(Window.partitionBy("user_id").orderBy("ts", "path"))
    now, then = (f.unix_millis(each.cast("timestamp")) for each in (f.col("ts"), following))
    seconds = (then - now) / 1000
    dwell = f.when(seconds <= gap_minutes * 60, seconds)
    return requests.select("user_id", "path", "ts", dwell.alias("dwell_seconds"), "at")


def _store(rows: DataFrame, folder: str) -> None:
    rows.coalesce(1).write.mode("overwrite").parquet(folder)


if __name__ == "__main__":
    where, which, gap = sys.argv[1:]
    build_hour(where, datetime.fromisoformat(which).replace(tzinfo=UTC), int(gap))
