-- Which cards were at two places at once? Purchases that the card would have had to fly to at 900 km/h or more.
SELECT
  payment_time,
  card_id,
  merchant_country,
  entry_mode,
  round(amount_eur, 2) AS euros,
  travel_km,
  round(travel_hours, 2) AS travel_hours,
  round(travel_km / nullif(travel_hours, 0), 0) AS km_per_hour,
  fraud
FROM payments
WHERE travel_km >= 100 AND travel_km >= 900 * travel_hours
ORDER BY payment_time, card_id
