"""The story of the flights: a winter is learned, spring is like it, July's thunderstorms are not."""

from datetime import date

from datasets.parts import Period, QueryChart, Scenario

CHARTS = (
    QueryChart(
        query="daily_trend",
        kind="lines",
        title="Arrival delay by day",
        by=("flight_date",),
        by_title="Day of the flight",
        values=(("mean_arrival_delay", "daily mean"), ("mean_arrival_delay_7_days", "7-day mean")),
        value_title="Mean arrival delay",
        unit="minutes",
    ),
    QueryChart(
        query="delay_by_hour",
        kind="lines",
        title="Late flights by scheduled hour",
        by=("scheduled_hour",),
        by_title="Scheduled hour of departure",
        values=(("percent_late", ""),),
        value_title="Flights 15 minutes late or more",
        unit="%",
    ),
    QueryChart(
        query="delay_by_carrier",
        kind="bars",
        title="Late flights by airline",
        by=("airline_name",),
        by_title="Airline",
        values=(("percent_late", ""),),
        value_title="Late by 15 minutes or more",
        unit="%",
        of="flights",
    ),
    QueryChart(
        query="weather_against_delay",
        kind="bars",
        title="Late flights by weather at departure",
        by=("weather",),
        by_title="Weather",
        values=(("percent_late", ""),),
        value_title="Late by 15 minutes or more",
        unit="%",
        of="flights",
    ),
)

SCENARIO = Scenario(
    title="Flights from New York through every service, on this machine",
    rows="flights",
    asked="departures",
    key="2013-04-01/UA/1545/EWR",
    history=(1, 2, 3),
    window=(date(2013, 1, 1), date(2013, 3, 31)),
    # the last 14 days, which the model has not learned from
    control=Period("control", "18 to 31 March", date(2013, 3, 18), date(2013, 3, 31)),
    later=(4, 7),
    quiet=Period("april", "April", date(2013, 4, 1), date(2013, 4, 30)),
    loud=Period("july", "July", date(2013, 7, 1), date(2013, 7, 31)),
    queries=("delay_by_carrier", "quarantine_summary"),
    charts=CHARTS,
    outcome="late",
)
