"""Features of a payment that waits for its authorization: the one source for training, monitoring and the endpoint.

Everything here is known when the card is used: the payment itself, the card, the merchant, and what both did before.
What the contract marks ``leaks`` (the issuer's answer, settlement, chargeback) is refused by `Dataset`. Neither the
card nor the merchant is a feature itself, nor the day when its account was opened, which is as good as its name: a
model would learn by heart who was a victim once. The age of the cardholder is none either; groups of cards are
compared by country and product.
"""

import numpy as np

from contracts import load
from processing.dataset import Columns, Dataset
from processing.encoding import Missing, Number, OneHot, Ordinal, Product

SATURDAY = 5  # Monday is 0
NIGHT_ENDS = 6  # o'clock
MIN_HOURS = 0.1  # two terminals' clocks differ by minutes: no speed is measured over less

INPUTS = (
    *("payment_date", "hour", "category_name", "category_risk", "merchant_country"),
    *("amount_eur", "entry_mode", "card_country", "card_product"),
    *("home_distance_km", "travel_km", "travel_hours", "seconds_since_last"),
    *("card_payments_1h", "card_amount_1h_eur", "card_payments_24h", "card_amount_24h_eur", "card_declines_24h"),
    *("card_payments_14d", "card_mean_amount_14d_eur", "card_at_merchant_14d", "card_in_country_14d"),
    *("merchant_payments_1h", "merchant_labelled_14d", "merchant_fraud_rate_14d"),
)

# No month, for the reason in the flights' features: a model of one winter meets spring with it.
FEATURES = (
    OneHot("entry_mode"),
    OneHot("card_product"),
    Ordinal("category_name"),
    Ordinal("merchant_country"),
    Number("category_risk"),
    Number("hour"),
    Number("is_night"),
    Number("day_of_week"),
    Number("is_weekend"),
    Number("amount_eur", log=True),
    Number("amount_ratio", log=True),
    Number("is_domestic"),
    Number("home_distance_km", log=True),
    Missing("home_distance_km"),
    Number("travel_km", log=True),
    Number("travel_kmh", log=True),
    Missing("travel_km"),
    Number("seconds_since_last", log=True),
    Number("card_payments_1h"),
    Number("card_amount_1h_eur", log=True),
    Number("card_payments_24h"),
    Number("card_amount_24h_eur", log=True),
    Number("card_declines_24h"),
    Number("card_payments_14d"),
    Number("card_mean_amount_14d_eur", log=True),
    Number("card_at_merchant_14d"),
    Number("card_in_country_14d"),
    Number("is_first_at_merchant"),
    Product("is_first_at_merchant", "amount_ratio"),
    Number("merchant_payments_1h"),
    Number("merchant_labelled_14d", log=True),
    Number("merchant_fraud_rate_14d"),
)


def derive(columns: Columns) -> Columns:
    """Day of the week (Monday is 0), amount against the card's usual one, speed of travel in km/h, and yes/no."""
    day_of_week = (columns["payment_date"] + 3) % 7  # 1970-01-01 was a Thursday
    return {
        "day_of_week": day_of_week,
        "is_weekend": (day_of_week >= SATURDAY).astype(np.float64),
        "is_night": (columns["hour"] < NIGHT_ENDS).astype(np.float64),
        "is_domestic": (columns["merchant_country"] == columns["card_country"]).astype(np.float64),
        "is_first_at_merchant": (columns["card_at_merchant_14d"] == 0).astype(np.float64),
        "amount_ratio": columns["amount_eur"] / np.maximum(columns["card_mean_amount_14d_eur"], 1),
        "travel_kmh": columns["travel_km"] / np.maximum(columns["travel_hours"], MIN_HOURS),
    }


CONTRACT = "payments"

DATASET = Dataset(
    contract=CONTRACT,
    table=load(CONTRACT).table("payments"),
    inputs=INPUTS,
    features=FEATURES,
    derive=derive,
    groups=("card_country", "card_product"),
    baseline=("entry_mode", "category_risk"),
    order_by="payment_date",
    known_by={"category_name": "category_risk"},
    regression_target=None,
    decision="fraud",
    suspicious_auc=0.997,  # bursts of fraud lie on both sides of a random split, so 0.99 is honest there
)
