"""The story of the payments: fraud of a winter is learned, spring is like it, from July on cards are tested anew."""

from datetime import date

from datasets.parts import Period, Scenario

SCENARIO = Scenario(
    title="Card payments and their fraud through every service, on this machine",
    rows="payments",
    asked="authorizations",
    key="2013-04-01/20130401-000123",
    history=(1, 2, 3),
    window=(date(2013, 1, 1), date(2013, 3, 31)),
    # the last 14 days, which the model has not learned from
    control=Period("control", "18 to 31 March", date(2013, 3, 18), date(2013, 3, 31)),
    later=(4, 7),
    quiet=Period("april", "April", date(2013, 4, 1), date(2013, 4, 30)),
    loud=Period("july", "July", date(2013, 7, 1), date(2013, 7, 31)),
    queries=("fraud_by_category", "quarantine_summary"),
)
