"""Load into Google BigQuery: a load job per day, which overwrites that day's partition."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from google.api_core.exceptions import NotFound
from google.cloud import bigquery

SCHEMAS = {
    "sales": [
        bigquery.SchemaField("day", "DATE"),
        bigquery.SchemaField("order_id", "INT64"),
        bigquery.SchemaField("ordered_at", "DATETIME"),
        bigquery.SchemaField("country", "STRING"),
        bigquery.SchemaField("category", "STRING"),
        bigquery.SchemaField("product", "STRING"),
        bigquery.SchemaField("quantity", "INT64"),
        bigquery.SchemaField("amount", "INT64"),
    ],
    "quarantine": [
        bigquery.SchemaField("day", "DATE"),
        bigquery.SchemaField("order_id", "INT64"),
        bigquery.SchemaField("reason", "STRING"),
    ],
}


@dataclass(frozen=True)
class BigQueryWarehouse:
    """A dataset; its tables are made by the first load, partitioned by day."""

    client: bigquery.Client
    dataset: str

    @classmethod
    def at(cls, url: str) -> "BigQueryWarehouse":
        """Open `bigquery://PROJECT/DATASET` with the credentials of the environment."""
        project, _, dataset = url.removeprefix("bigquery://").partition("/")
        return cls(bigquery.Client(project=project), dataset)

    def replace_days(self, files: Mapping[date, Mapping[str, Path]]) -> None:
        """Overwrite one partition after another; each is atomic, all of them together are not."""
        for day, tables in files.items():
            for table, file in tables.items():
                partition = f"{self.client.project}.{self.dataset}.{table}${day:%Y%m%d}"
                with file.open("rb") as rows:
                    job = self.client.load_table_from_file(rows, partition, job_config=_job(table))
                job.result()

    def orders(self, day: date) -> int:
        """Count the orders known of a day, those that were kept aside included."""
        return sum(self._rows(f"{table}${day:%Y%m%d}") for table in SCHEMAS)

    def _rows(self, partition: str) -> int:
        try:
            table = self.client.get_table(f"{self.client.project}.{self.dataset}.{partition}")
        except NotFound:
            return 0
        return int(table.num_rows or 0)


def _job(table: str) -> bigquery.LoadJobConfig:
    return bigquery.LoadJobConfig(
        schema=SCHEMAS[table],
        source_format=bigquery.SourceFormat.NEWLINE_DELIMITED_JSON,
        write_disposition=bigquery.WriteDisposition.WRITE_TRUNCATE,
        time_partitioning=bigquery.TimePartitioning(field="day"),
    )
