"""Hyperparameter search: values stay in their ranges, and a Bayesian search does better than chance."""

import statistics

import pytest
from hypothesis import given
from hypothesis import strategies as st

from localcloud.sagemaker.search import Range, Search, invalid, ranges


@given(st.floats(0, 1), st.sampled_from(["Linear", "Logarithmic", "ReverseLogarithmic"]))
def test_values_stay_in_their_range(point: float, scale: str) -> None:
    value = float(Range("x", "Continuous", 0.001, 0.9, scale).at(point))
    assert 0.001 <= value <= 0.9
    whole = Range("x", "Integer", 3, 10, "Linear").at(point)
    assert 3 <= int(whole) <= 10
    assert Range("x", "Categorical", values=("a", "b")).at(point) in ("a", "b")


def test_scales() -> None:
    assert float(Range("x", "Continuous", 0.01, 1, "Logarithmic").at(0.5)) == pytest.approx(0.1)
    assert float(Range("x", "Continuous", 0, 0.99, "ReverseLogarithmic").at(0.5)) == pytest.approx(0.9)
    assert float(Range("x", "Continuous", 0, 1, "Linear").at(0.5)) == 0.5


def test_ranges_of_a_request() -> None:
    found = ranges(
        {
            "CategoricalParameterRanges": [{"Name": "c", "Values": ["a"]}],
            "IntegerParameterRanges": [{"Name": "i", "MinValue": "1", "MaxValue": "9", "ScalingType": "Auto"}],
            "ContinuousParameterRanges": [
                {"Name": "wide", "MinValue": "0.001", "MaxValue": "1"},
                {"Name": "log", "MinValue": "1", "MaxValue": "2", "ScalingType": "Logarithmic"},
            ],
        }
    )
    assert [(item.name, item.kind, item.scale) for item in found] == [
        ("c", "Categorical", "Linear"),
        ("i", "Integer", "Linear"),
        ("wide", "Continuous", "Logarithmic"),
        ("log", "Continuous", "Logarithmic"),
    ]


def _best(strategy: str, seed: int, trials: int = 15) -> float:
    search = Search([Range("x", "Continuous", 0, 1), Range("y", "Continuous", 0, 1)], strategy, seed)
    best = -9.0
    for _ in range(trials):
        point, values = search.propose()
        objective = -((float(values["x"]) - 0.3) ** 2) - (float(values["y"]) - 0.8) ** 2
        search.learn(point, objective)
        best = max(best, objective)
    return best


def test_a_bayesian_search_does_better_than_chance() -> None:
    seeds = range(4)
    learnt = statistics.median(_best("Bayesian", seed) for seed in seeds)
    chance = statistics.median(_best("Random", seed) for seed in seeds)
    assert learnt > -0.002
    assert chance < 5 * learnt, "the distance of the random search is several times as large"


def test_a_seed_gives_the_same_search() -> None:
    searches = [Search([Range("x", "Continuous", 0, 1)], "Random", 3) for _ in range(2)]
    assert searches[0].propose() == searches[1].propose()


# kind, MinValue, MaxValue, ScalingType, what is said of it
BOUNDS = [
    ("Continuous", "0.1", "0.9", None, None),
    ("Continuous", "0.5", "0.5", "Auto", None),
    ("Continuous", "-1", "1", "Linear", None),
    ("Continuous", "1e-5", "1", "Logarithmic", None),
    ("Continuous", "0", "0.99", "ReverseLogarithmic", None),
    ("Integer", "1", "100", "Logarithmic", None),
    ("Integer", "-3", "3", "Linear", None),
    ("Continuous", "low", "1", None, "must be numbers of the kind Continuous"),
    ("Continuous", "0", "", None, "must be numbers of the kind Continuous"),
    ("Integer", "1.5", "3", None, "must be numbers of the kind Integer"),
    ("Integer", "1", "1e3", None, "must be numbers of the kind Integer"),
    ("Continuous", "0.9", "0.1", None, "must not be greater than its MaxValue"),
    ("Integer", "5", "4", "Logarithmic", "must not be greater than its MaxValue"),
    ("Continuous", "nan", "1", None, "both must be finite"),
    ("Continuous", "0", "inf", None, "both must be finite"),
    ("Continuous", "-inf", "0", None, "both must be finite"),
    ("Continuous", "0", "1", "Logarithmic", "only for values greater than 0"),
    ("Integer", "0", "8", "Logarithmic", "only for values greater than 0"),
    ("Continuous", "0.1", "1.0", "ReverseLogarithmic", "only for continuous values of 0 <= x < 1.0"),
    ("Continuous", "-0.1", "0.5", "ReverseLogarithmic", "only for continuous values of 0 <= x < 1.0"),
    ("Integer", "0", "0", "ReverseLogarithmic", "only for continuous values of 0 <= x < 1.0"),
]


@pytest.mark.parametrize(("kind", "low", "high", "scale", "said"), BOUNDS)
def test_bounds(kind: str, low: str, high: str, scale: str | None, said: str | None) -> None:
    item = {"Name": "rate", "MinValue": low, "MaxValue": high, **({"ScalingType": scale} if scale else {})}
    found = invalid({f"{kind}ParameterRanges": [item]})
    assert found is None if said is None else said in str(found)


def test_a_name_is_tuned_once() -> None:
    twice = {
        "CategoricalParameterRanges": [{"Name": "rate", "Values": ["a"]}],
        "ContinuousParameterRanges": [{"Name": "rate", "MinValue": "0", "MaxValue": "1"}],
    }
    assert invalid(twice) == "rate has more than one range"
