-- Which way to read a card is abused? Payments and fraud by entry mode, at home and abroad.
SELECT
  entry_mode,
  merchant_country = card_country AS domestic,
  count(*) AS payments,
  count_if(fraud) AS frauds,
  round(1e2 * count_if(fraud) / nullif(count(fraud), 0), 2) AS percent_fraud,
  approx_percentile(amount_eur, 0.5) AS median_euros
FROM payments
GROUP BY entry_mode, merchant_country = card_country
ORDER BY percent_fraud DESC, entry_mode, domestic
