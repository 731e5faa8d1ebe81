-- How long until a dispute comes in? Chargebacks by reason, with hours from the payment to the dispute.
SELECT
  chargeback_reason,
  count(*) AS chargebacks,
  count_if(fraud) AS frauds,
  round(avg(date_diff('minute', payment_time, chargeback_time) / 6e1), 1) AS mean_hours,
  round(max(date_diff('minute', payment_time, chargeback_time) / 6e1), 1) AS most_hours,
  round(sum(amount_eur), 2) AS euros
FROM payments
WHERE chargeback_reason IS NOT NULL
GROUP BY chargeback_reason
ORDER BY chargebacks DESC, chargeback_reason
