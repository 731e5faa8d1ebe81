-- Is a payment there twice? Rows and distinct keys of events (delivery is at least once) and of curated payments.
WITH payment_keys AS (
  SELECT payment_date, payment_id, count(*) AS copies
  FROM payments
  GROUP BY payment_date, payment_id
),
event_keys AS (
  SELECT event_id, count(*) AS copies
  FROM payment_events
  GROUP BY event_id
)
SELECT
  'payments' AS table_name,
  coalesce(sum(copies), 0) AS row_count,
  count(*) AS keys,
  coalesce(sum(copies), 0) - count(*) AS duplicates
FROM payment_keys
UNION ALL
SELECT
  'payment_events' AS table_name,
  coalesce(sum(copies), 0) AS row_count,
  count(*) AS keys,
  coalesce(sum(copies), 0) - count(*) AS duplicates
FROM event_keys
ORDER BY table_name
