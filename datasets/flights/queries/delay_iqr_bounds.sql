-- Which arrival delays are outliers? Quartiles, bounds at 1.5 times their range, and how many flights lie outside.
WITH quartiles AS (
  SELECT
    approx_percentile(CAST(arr_delay AS double), 0.25) AS q1,
    approx_percentile(CAST(arr_delay AS double), 0.75) AS q3
  FROM flights
),
bounds AS (
  SELECT
    q1,
    q3,
    q1 - 1.5e0 * (q3 - q1) AS lower_bound,
    q3 + 1.5e0 * (q3 - q1) AS upper_bound
  FROM quartiles
)
SELECT
  max(b.q1) AS q1,
  max(b.q3) AS q3,
  max(b.lower_bound) AS lower_bound,
  max(b.upper_bound) AS upper_bound,
  count(f.arr_delay) AS arrivals,
  count_if(f.arr_delay < b.lower_bound) AS below,
  count_if(f.arr_delay > b.upper_bound) AS above,
  round(
    1e2 * count_if(f.arr_delay < b.lower_bound OR f.arr_delay > b.upper_bound) / nullif(count(f.arr_delay), 0), 2
  ) AS percent_outside
FROM flights AS f
CROSS JOIN bounds AS b
