-- What was refused, and why? Quarantined records by reason, with the time they arrived.
SELECT
  coalesce(errorcode, lasterrorcode) AS error_code,
  coalesce(errormessage, lasterrormessage) AS error_message,
  count(*) AS records,
  from_unixtime(min(arrivaltimestamp) / 1e3) AS first_arrival,
  from_unixtime(max(arrivaltimestamp) / 1e3) AS last_arrival
FROM quarantine
GROUP BY coalesce(errorcode, lasterrorcode), coalesce(errormessage, lasterrormessage)
ORDER BY records DESC, error_message
