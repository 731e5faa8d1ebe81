"""The story of the flights: a winter is learned, spring is like it, July's thunderstorms are not."""

from datetime import date

from datasets.parts import Period, Scenario

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
)
