-- Which of the three airports is the most reliable? Cancellations and delays by origin.
SELECT
  origin,
  count(*) AS flights,
  round(1e2 * count_if(cancelled) / count(*), 2) AS percent_cancelled,
  round(avg(CAST(dep_delay AS double)), 1) AS mean_departure_delay,
  round(avg(CAST(arr_delay AS double)), 1) AS mean_arrival_delay,
  round(1e2 * count_if(arrived_late) / nullif(count(arrived_late), 0), 1) AS percent_late
FROM flights
GROUP BY origin
ORDER BY origin
