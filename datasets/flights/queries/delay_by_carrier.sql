-- Which carriers arrive late? Flights, cancellations and arrival delay of each.
SELECT
  carrier,
  max(airline_name) AS airline_name,
  count(*) AS flights,
  count_if(cancelled) AS cancelled,
  round(avg(CAST(arr_delay AS double)), 1) AS mean_arrival_delay,
  approx_percentile(CAST(arr_delay AS double), 0.5) AS median_arrival_delay,
  round(1e2 * count_if(arrived_late) / nullif(count(arrived_late), 0), 1) AS percent_late
FROM flights
GROUP BY carrier
ORDER BY percent_late DESC, carrier
