-- The lake as a table of Amazon Athena, once its folders are in S3. Partition projection computes
-- the folders of a question from dt and hour, so no crawler has to announce new hours.
CREATE EXTERNAL TABLE visits (
    user_id string,
    path string,
    ts timestamp,
    dwell_seconds double
)
PARTITIONED BY (dt string, hour string)
STORED AS PARQUET
LOCATION 's3://YOUR-BUCKET/lake/visits/'
TBLPROPERTIES (
    'projection.enabled' = 'true',
    'projection.dt.type' = 'date',
    'projection.dt.format' = 'yyyy-MM-dd',
    'projection.dt.range' = '2026-01-01,NOW',
    'projection.hour.type' = 'integer',
    'projection.hour.range' = '0,23',
    'projection.hour.digits' = '2',
    'storage.location.template' = 's3://YOUR-BUCKET/lake/visits/dt=${dt}/hour=${hour}/'
);

SELECT path, count(*) AS requests, avg(dwell_seconds) AS dwell
FROM visits
WHERE dt = '2026-11-02' AND hour = '10'
GROUP BY path
ORDER BY requests DESC;
