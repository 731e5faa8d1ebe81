-- How complete are the columns that come from joins or from arrivals? Missing values of each.
WITH counts AS (
  SELECT
    count(*) AS flights,
    count(tailnum) AS tailnum,
    count(plane_seats) AS plane_seats,
    count(plane_year) AS plane_year,
    count(airline_name) AS airline_name,
    count(dest_name) AS dest_name,
    count(temp) AS temp,
    count(wind_gust) AS wind_gust,
    count(arr_delay) AS arr_delay,
    count(carrier_delay_rate_7d) AS carrier_delay_rate_7d
  FROM flights
),
columns_of_flights AS (
  SELECT 'tailnum' AS column_name, flights, tailnum AS present FROM counts
  UNION ALL SELECT 'plane_seats' AS column_name, flights, plane_seats AS present FROM counts
  UNION ALL SELECT 'plane_year' AS column_name, flights, plane_year AS present FROM counts
  UNION ALL SELECT 'airline_name' AS column_name, flights, airline_name AS present FROM counts
  UNION ALL SELECT 'dest_name' AS column_name, flights, dest_name AS present FROM counts
  UNION ALL SELECT 'temp' AS column_name, flights, temp AS present FROM counts
  UNION ALL SELECT 'wind_gust' AS column_name, flights, wind_gust AS present FROM counts
  UNION ALL SELECT 'arr_delay' AS column_name, flights, arr_delay AS present FROM counts
  UNION ALL SELECT 'carrier_delay_rate_7d' AS column_name, flights, carrier_delay_rate_7d AS present FROM counts
)
SELECT
  column_name,
  flights,
  flights - present AS missing,
  round(1e2 * present / nullif(flights, 0), 2) AS percent_complete
FROM columns_of_flights
ORDER BY percent_complete, column_name
