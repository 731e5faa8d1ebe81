-- When does fraud happen? Payments and fraud by hour (UTC).
SELECT
  hour,
  count(*) AS payments,
  count_if(fraud) AS frauds,
  round(1e2 * count_if(fraud) / nullif(count(fraud), 0), 2) AS percent_fraud
FROM payments
GROUP BY hour
ORDER BY hour
