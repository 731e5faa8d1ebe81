-- How do delays develop? Each day's mean arrival delay, and the mean of all arrivals of the 7 days up to it.
WITH daily AS (
  SELECT
    flight_date,
    count(*) AS flights,
    count_if(cancelled) AS cancelled,
    count(arr_delay) AS arrivals,
    sum(CAST(arr_delay AS double)) AS delay_minutes
  FROM flights
  GROUP BY flight_date
)
SELECT
  flight_date,
  flights,
  cancelled,
  round(delay_minutes / nullif(arrivals, 0), 1) AS mean_arrival_delay,
  round(
    sum(delay_minutes) OVER (ORDER BY flight_date ROWS BETWEEN 6 PRECEDING AND CURRENT ROW)
    / nullif(sum(arrivals) OVER (ORDER BY flight_date ROWS BETWEEN 6 PRECEDING AND CURRENT ROW), 0),
    1
  ) AS mean_arrival_delay_7_days
FROM daily
ORDER BY flight_date
