-- Which merchants should be visited? The 20 with the highest share of fraud among those with 20 ended payments or more.
SELECT
  merchant_id,
  max(merchant_name) AS merchant_name,
  max(category_name) AS category_name,
  count(fraud) AS ended_payments,
  count_if(fraud) AS frauds,
  round(1e2 * count_if(fraud) / count(fraud), 1) AS percent_fraud,
  count(DISTINCT CASE WHEN fraud THEN card_id END) AS cards_hit
FROM payments
GROUP BY merchant_id
HAVING count(fraud) >= 20
ORDER BY percent_fraud DESC, merchant_id
LIMIT 20
