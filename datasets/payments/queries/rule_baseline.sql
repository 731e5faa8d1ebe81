-- What would simple rules catch? Alerts, precision and recall of three rules of thumb.
WITH flagged AS (
  SELECT
    fraud,
    amount_eur > 500 AS large_amount,
    card_payments_1h >= 3 AS many_in_an_hour,
    entry_mode = 'swipe' AND merchant_country <> card_country AS stripe_abroad
  FROM payments
  WHERE fraud IS NOT NULL
),
alerts AS (
  SELECT 'large amount' AS rule_name, fraud, large_amount AS alert FROM flagged
  UNION ALL SELECT 'many in an hour' AS rule_name, fraud, many_in_an_hour AS alert FROM flagged
  UNION ALL SELECT 'stripe abroad' AS rule_name, fraud, stripe_abroad AS alert FROM flagged
)
SELECT
  rule_name,
  count_if(alert) AS alerts,
  round(1e2 * count_if(alert AND fraud) / nullif(count_if(alert), 0), 1) AS percent_precision,
  round(1e2 * count_if(alert AND fraud) / nullif(count_if(fraud), 0), 1) AS percent_recall
FROM alerts
GROUP BY rule_name
ORDER BY rule_name
