-- Where does fraud happen? Payments, fraud and money lost by category of the merchant.
SELECT
  category_name,
  max(category_risk) AS category_risk,
  count(*) AS payments,
  count_if(fraud) AS frauds,
  round(1e2 * count_if(fraud) / nullif(count(fraud), 0), 2) AS percent_fraud,
  round(sum(CASE WHEN fraud THEN amount_eur ELSE 0e0 END), 2) AS euros_lost
FROM payments
GROUP BY category_name
ORDER BY percent_fraud DESC, category_name
