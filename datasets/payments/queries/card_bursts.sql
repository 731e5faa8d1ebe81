-- Which cards were used in bursts? The 20 days of a card with the most payments in an hour, and how they ended.
SELECT
  payment_date,
  card_id,
  max(card_payments_1h) + 1 AS most_in_an_hour,
  count(*) AS payments,
  count(DISTINCT merchant_id) AS merchants,
  count_if(NOT approved) AS declined,
  round(sum(amount_eur), 2) AS euros,
  count_if(fraud) AS frauds
FROM payments
GROUP BY payment_date, card_id
ORDER BY most_in_an_hour DESC, payment_date, card_id
LIMIT 20
