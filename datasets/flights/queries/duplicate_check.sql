-- Is a flight there twice? Rows and distinct keys of events (delivery is at least once) and of curated flights.
WITH flight_keys AS (
  SELECT flight_date, carrier, flight, origin, count(*) AS copies
  FROM flights
  GROUP BY flight_date, carrier, flight, origin
),
event_keys AS (
  SELECT event_id, count(*) AS copies
  FROM flight_events
  GROUP BY event_id
)
SELECT
  'flights' AS table_name,
  coalesce(sum(copies), 0) AS row_count,
  count(*) AS keys,
  coalesce(sum(copies), 0) - count(*) AS duplicates
FROM flight_keys
UNION ALL
SELECT
  'flight_events' AS table_name,
  coalesce(sum(copies), 0) AS row_count,
  count(*) AS keys,
  coalesce(sum(copies), 0) - count(*) AS duplicates
FROM event_keys
ORDER BY table_name
