-- Exports one invoice month of the detailed usage cost export to Cloud Storage, for connections of kind "billing_files".
-- Run it as a scheduled query, daily; it exports the month of the day before, and on the first ten days of a month the
-- month before as well. Replace EXPORT_TABLE, BUCKET, PREFIX, DATASET and REGION.CONNECTION. For the FOCUS export replace
-- invoice.month by FORMAT_TIMESTAMP('%Y%m', BillingPeriodStart) and set format = "focus" in the connection.
--
-- Once, before the first run: a table over the objects that are there, which tells their generation and size. It keeps
-- no cache, so it shows what has just been written. How many rows each file has is left out of the manifest, which tells
-- those of all files together; what is fetched must have as many.
--
--   CREATE EXTERNAL TABLE `DATASET.billing_objects` WITH CONNECTION `REGION.CONNECTION`
--   OPTIONS (object_metadata = 'SIMPLE', uris = ['gs://BUCKET/PREFIX/*.parquet']);
--
-- Every run has a folder of its own, so nothing is ever written over, and its manifest is written last. Old folders are
-- removed by a lifecycle rule of the bucket (age above 90 days is plenty).

DECLARE run_id STRING DEFAULT FORMAT_TIMESTAMP('%Y%m%dT%H%M%S', CURRENT_TIMESTAMP());
DECLARE yesterday DATE DEFAULT DATE_SUB(CURRENT_DATE('America/Los_Angeles'), INTERVAL 1 DAY);
DECLARE months ARRAY<DATE> DEFAULT ARRAY(
  SELECT DISTINCT DATE_TRUNC(day, MONTH)
  FROM UNNEST([yesterday, DATE_SUB(yesterday, INTERVAL 10 DAY)]) AS day
);

FOR each IN (SELECT month FROM UNNEST(months) AS month) DO
  -- The rows are fixed first, so that the count in the manifest is that of the files.
  CREATE TEMP TABLE exported AS
  SELECT * FROM `EXPORT_TABLE` WHERE invoice.month = FORMAT_DATE('%Y%m', each.month);

  EXECUTE IMMEDIATE FORMAT("""
    EXPORT DATA OPTIONS (
      uri = 'gs://BUCKET/PREFIX/%s/%s/part-*.parquet', format = 'PARQUET', compression = 'SNAPPY', overwrite = false)
    AS SELECT * FROM exported
  """, FORMAT_DATE('%Y-%m', each.month), run_id);

  EXECUTE IMMEDIATE FORMAT("""
    EXPORT DATA OPTIONS (uri = 'gs://BUCKET/PREFIX/%s/%s/manifest_*.json', format = 'JSON', overwrite = false)
    AS SELECT
      '%s' AS run_id,
      (SELECT COUNT(*) FROM exported) AS row_count,
      ARRAY(
        SELECT AS STRUCT REGEXP_EXTRACT(object.uri, '[^/]+$') AS name, object.generation, object.size AS bytes
        FROM `DATASET.billing_objects` AS object
        WHERE STARTS_WITH(object.uri, 'gs://BUCKET/PREFIX/%s/%s/part-')
      ) AS files
  """, FORMAT_DATE('%Y-%m', each.month), run_id, run_id, FORMAT_DATE('%Y-%m', each.month), run_id);

  DROP TABLE exported;
END FOR;
