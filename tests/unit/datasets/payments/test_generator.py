"""The planted fraud is there as documented, in every month; so are the drift and the honest customers that look odd."""

from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from datasets.payments.generator import reference
from datasets.payments.generator.fraud import KINDS, SHARES
from datasets.payments.generator.months import Month, generate, kinds
from datasets.payments.generator.payments import DAY_SECONDS, Payments, month_seconds
from datasets.payments.generator.world import (
    CATEGORIES,
    CONTACTLESS,
    COUNTRIES,
    ECOMMERCE,
    RECURRING,
    SWIPE,
    SWIPING,
    world,
)

WINTER, SUMMER = 2, 7  # before and after the drift
CONTINENTS = np.array([country.code in SWIPING for country in COUNTRIES])


def of_kind(month: int, kind: str) -> Payments:
    made = generate(month)
    return made.payments.take(made.payments.kind == KINDS.index(kind) + 1)


def honest(month: int) -> Payments:
    made = generate(month)
    return made.payments.take(made.payments.kind == 0)


def categories(payments: Payments) -> set[str]:
    return {CATEGORIES[row].code for row in world().merchants.category[payments.merchant]}


def same(left: Month, right: Month) -> bool:
    return left.id == right.id and bool((left.amount == right.amount).all() and (left.reason == right.reason).all())


def test_a_month_is_the_same_whatever_was_generated_before() -> None:
    alone = generate(WINTER)
    generate.cache_clear()
    generate(1), generate(3)
    assert generate(WINTER) is not alone
    assert same(generate(WINTER), alone)
    assert not same(generate(1), generate(3))


@pytest.mark.parametrize("month", range(1, 13))
def test_one_payment_in_a_hundred_is_fraud_and_each_kind_has_its_share(month: int) -> None:
    made = generate(month)
    frauds = made.payments.kind > 0
    assert 0.008 <= frauds.mean() <= 0.012
    labelled = made.approved
    assert 0.008 <= frauds[labelled].mean() <= 0.012
    counts = np.bincount(made.payments.kind, minlength=len(KINDS) + 1)[1:]
    assert counts / counts.sum() == pytest.approx(SHARES, abs=0.01)
    begin, end = month_seconds(month)
    assert ((begin <= made.payments.time) & (made.payments.time < end)).all()
    assert 860 <= len(made.id) * DAY_SECONDS / (end - begin) <= 900


def test_the_truth_names_the_planted_payments() -> None:
    made, truth = generate(WINTER), kinds(WINTER)
    assert set(truth) == {made.id[row] for row in np.flatnonzero(made.payments.kind)}
    assert set(truth.values()) == set(KINDS)


def test_only_fraud_is_disputed_as_fraud() -> None:
    made = generate(WINTER)
    disputed = np.char.startswith(made.reason, "10.")
    assert (disputed == (made.payments.kind > 0)).all()
    assert np.count_nonzero(~disputed & (made.reason != "")) > 10  # and other disputes are there, too


def test_everything_about_a_day_is_known_when_its_third_day_is_over() -> None:
    made = generate(WINTER)
    later = made.ended // DAY_SECONDS - made.payments.time // DAY_SECONDS
    settled = made.reason == ""
    assert (later[settled] == 3).all()
    assert (later[~settled] <= 2).all()
    assert (made.ended > made.payments.time).all()


def test_card_testing_is_bursts_of_small_online_payments_at_few_merchants() -> None:
    found = of_kind(WINTER, "card_testing")
    assert categories(found) <= {"5815", "5816", "8398"}
    assert set(found.entry) == {ECOMMERCE}
    assert found.euros.max() < 10
    assert len(set(found.merchant)) <= 0.2 * len(found)
    spans = [np.ptp(found.time[found.card == card]) for card in set(found.card)]
    assert np.median(spans) < 3600


def test_from_july_on_cards_are_tested_in_other_ways() -> None:
    found = of_kind(SUMMER, "card_testing")
    assert set(found.entry) == {CONTACTLESS}
    assert categories(found) <= {"5411", "5814", "5541"}
    assert 12 <= found.euros.min() < found.euros.max() <= 48
    assert set(of_kind(6, "card_testing").entry) == {ECOMMERCE}


def test_stolen_cards_buy_much_at_home_within_hours() -> None:
    found = of_kind(WINTER, "stolen_card")
    assert categories(found) <= {"5732", "5944", "5311", "5651"}
    assert 0.4 < (found.entry == SWIPE).mean() < 0.8
    assert (world().merchants.country[found.merchant] == world().cards.country[found.card]).all()
    assert max(np.ptp(found.time[found.card == card]) for card in set(found.card)) < 6 * 2700


def test_taken_over_accounts_buy_online_at_night_for_more_than_usual() -> None:
    found, usual = of_kind(WINTER, "account_takeover"), honest(WINTER)
    assert set(found.entry) == {ECOMMERCE}
    night = found.time % DAY_SECONDS < 7 * 3600
    assert night.mean() > 2 * (usual.time % DAY_SECONDS < 7 * 3600).mean()
    assert np.median(found.euros) > 3 * np.median(usual.euros)


def test_cloned_cards_are_swiped_on_other_continents_while_their_owners_pay_at_home() -> None:
    found, merchants = of_kind(WINTER, "cloned_card"), world().merchants
    assert set(found.entry) == {SWIPE}
    assert CONTINENTS[merchants.country[found.merchant]].all()
    usual = honest(WINTER)
    at_home = usual.take(merchants.country[usual.merchant] == world().cards.country[usual.card])
    two_days = [
        bool((np.abs(at_home.time[at_home.card == card] - time) < 2 * DAY_SECONDS).any())
        for card, time in zip(found.card, found.time, strict=True)
    ]
    assert np.mean(two_days) > 0.6


def test_the_colluding_merchant_has_much_fraud_for_three_weeks() -> None:
    found, usual = of_kind(WINTER, "collusion"), honest(WINTER)
    assert len(set(found.merchant)) == 1
    assert 7 * DAY_SECONDS < np.ptp(found.time) <= 21 * DAY_SECONDS
    of_shop = np.count_nonzero(usual.merchant == found.merchant[0])
    assert len(found) / (len(found) + of_shop) > 0.2
    assert found.euros.mean() < 3 * usual.euros.mean()


def test_from_july_on_amounts_are_twice_as_large_and_contactless_is_common() -> None:
    before, after = honest(6), honest(SUMMER)
    assert np.median(after.euros) / np.median(before.euros) == pytest.approx(2, rel=0.1)
    assert (after.entry == CONTACTLESS).mean() > 3 * (before.entry == CONTACTLESS).mean()
    assert np.median(honest(WINTER).euros) == pytest.approx(np.median(before.euros), rel=0.1)


def test_honest_customers_look_odd_too() -> None:
    usual, merchants = honest(WINTER), world().merchants
    abroad = CONTINENTS[merchants.country[usual.merchant]] & (usual.entry == SWIPE)
    assert np.count_nonzero(abroad) > len(of_kind(WINTER, "cloned_card"))
    tiny = np.isin(usual.entry, (ECOMMERCE, RECURRING)) & (usual.euros < 10)
    shopping = Counter(zip(usual.card[tiny], usual.merchant[tiny], usual.time[tiny] // DAY_SECONDS, strict=True))
    assert sum(number >= 4 for number in shopping.values()) > 2 * len(set(of_kind(WINTER, "card_testing").card))
    assert np.count_nonzero(usual.euros > 400) > len(of_kind(WINTER, "account_takeover"))


def test_a_month_that_is_none_is_refused() -> None:
    with pytest.raises(ValueError, match="there is no month 13"):
        generate(13)


def test_the_reference_files_are_those_of_the_world(tmp_path: Path) -> None:
    reference.write(tmp_path)
    for name in reference.TABLES:
        kept = (reference.FOLDER / f"{name}.csv").read_bytes()
        assert (tmp_path / f"{name}.csv").read_bytes() == kept, "python -m datasets.payments.generator.reference"
        assert len(kept) < 100 * 1024
