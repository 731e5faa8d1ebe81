-- Which routes are worst? The 20 with the highest mean arrival delay among those with 30 arrivals or more.
SELECT
  origin,
  dest,
  max(dest_name) AS dest_name,
  count(arr_delay) AS arrivals,
  round(avg(CAST(arr_delay AS double)), 1) AS mean_arrival_delay,
  round(1e2 * count_if(arrived_late) / nullif(count(arrived_late), 0), 1) AS percent_late
FROM flights
GROUP BY origin, dest
HAVING count(arr_delay) >= 30
ORDER BY mean_arrival_delay DESC, origin, dest
LIMIT 20
