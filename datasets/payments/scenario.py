"""The story of the payments: fraud of a winter is learned, spring is like it, from July on cards are tested anew."""

from datetime import date

from datasets.parts import Period, QueryChart, Scenario

CHARTS = (
    QueryChart(
        query="daily_trend",
        kind="lines",
        title="Fraud by day",
        by=("payment_date",),
        by_title="Day of the payment",
        values=(("percent_fraud_7_days", "7-day mean"),),
        value_title="Share of the payments that are fraud",
        unit="%",
    ),
    QueryChart(
        query="fraud_by_hour",
        kind="lines",
        title="Fraud by hour",
        by=("hour",),
        by_title="Hour of the payment",
        values=(("percent_fraud", ""),),
        value_title="Share of the payments that are fraud",
        unit="%",
    ),
    QueryChart(
        query="fraud_by_category",
        kind="bars",
        title="Fraud by category of the merchant",
        by=("category_name",),
        by_title="Category",
        values=(("percent_fraud", ""),),
        value_title="Fraud",
        unit="%",
        of="payments",
    ),
    QueryChart(
        query="rule_baseline",
        kind="bars",
        title="Without ML: how many of a rule's alerts are fraud (precision)",
        by=("rule_name",),
        by_title="Rule",
        values=(("percent_precision", ""),),
        value_title="Fraud",
        unit="%",
        of="alerts",
    ),
    QueryChart(
        query="rule_baseline",
        kind="bars",
        title="Without ML: how much of the fraud a rule finds (recall)",
        by=("rule_name",),
        by_title="Rule",
        values=(("percent_recall", ""),),
        value_title="Found",
        unit="%",
    ),
)

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
    charts=CHARTS,
    outcome="fraudulent",
)
