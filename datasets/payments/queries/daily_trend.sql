-- How does fraud develop? Each day's payments, approvals and fraud, and the share of fraud of the 7 days up to it.
WITH daily AS (
  SELECT
    payment_date,
    count(*) AS payments,
    count_if(approved) AS approved,
    count(fraud) AS labelled,
    count_if(fraud) AS frauds,
    avg(amount_eur) AS mean_euros
  FROM payments
  GROUP BY payment_date
)
SELECT
  payment_date,
  payments,
  round(1e2 * approved / payments, 2) AS percent_approved,
  frauds,
  round(mean_euros, 2) AS mean_euros,
  round(
    1e2 * sum(frauds) OVER (ORDER BY payment_date ROWS BETWEEN 6 PRECEDING AND CURRENT ROW)
    / nullif(sum(labelled) OVER (ORDER BY payment_date ROWS BETWEEN 6 PRECEDING AND CURRENT ROW), 0),
    2
  ) AS percent_fraud_7_days
FROM daily
ORDER BY payment_date
