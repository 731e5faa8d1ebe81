-- What was refused, and why? Quarantined records by cause (the reason without the value that it names).
WITH refused AS (
  SELECT
    coalesce(errorcode, lasterrorcode) AS error_code,
    regexp_replace(
      coalesce(errormessage, lasterrormessage), '([,;] got .*|: byte .*| at character .*)$', ''
    ) AS cause,
    arrivaltimestamp
  FROM quarantine
)
SELECT
  error_code,
  cause,
  count(*) AS records,
  from_unixtime(min(arrivaltimestamp) / 1e3) AS first_arrival,
  from_unixtime(max(arrivaltimestamp) / 1e3) AS last_arrival
FROM refused
GROUP BY error_code, cause
ORDER BY records DESC, cause
