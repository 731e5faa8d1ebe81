-- What does the weather of the scheduled hour do? Cancellations and delays by the worst condition observed.
WITH observed AS (
  SELECT
    cancelled,
    dep_delay,
    arr_delay,
    arrived_late,
    CASE
      WHEN temp IS NULL THEN 'not observed'
      WHEN visib < 1 THEN '1 visibility below 1 mile'
      WHEN precip > 0 THEN '2 precipitation'
      WHEN wind_speed >= 20 THEN '3 wind of 20 mph or more'
      ELSE '4 fair'
    END AS weather
  FROM flights
)
SELECT
  weather,
  count(*) AS flights,
  round(1e2 * count_if(cancelled) / count(*), 2) AS percent_cancelled,
  round(avg(CAST(dep_delay AS double)), 1) AS mean_departure_delay,
  round(avg(CAST(arr_delay AS double)), 1) AS mean_arrival_delay,
  round(1e2 * count_if(arrived_late) / nullif(count(arrived_late), 0), 1) AS percent_late
FROM observed
GROUP BY weather
ORDER BY weather
