-- How do delays grow over the day? Departures and delays by scheduled hour in New York.
SELECT
  CAST(floor(sched_dep_time / 1e2) AS integer) AS scheduled_hour,
  count(*) AS flights,
  count_if(cancelled) AS cancelled,
  round(avg(CAST(dep_delay AS double)), 1) AS mean_departure_delay,
  round(avg(CAST(arr_delay AS double)), 1) AS mean_arrival_delay,
  round(1e2 * count_if(arrived_late) / nullif(count(arrived_late), 0), 1) AS percent_late
FROM flights
GROUP BY CAST(floor(sched_dep_time / 1e2) AS integer)
ORDER BY scheduled_hour
