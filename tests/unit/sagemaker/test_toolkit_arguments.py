"""Arguments and variables of a training script; tests/integration/toolkits compares them with AWS's own packages."""

import json
from typing import Any

import pytest

from localcloud.sagemaker.images import facts
from localcloud.sagemaker.toolkit_arguments import TrainingEnvironment, decoded, words

XGBOOST = "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-xgboost:3.2-0"
SCIKIT_LEARN = "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-scikit-learn@sha256:" + "0" * 64


def environment(image: str = XGBOOST, **hyperparameters: str) -> TrainingEnvironment:
    return TrainingEnvironment(
        image=facts(image),
        root="/opt/ml",
        hyperparameters={"sagemaker_program": "train.py", **hyperparameters},
        resource_config={"current_host": "algo-1", "hosts": ["algo-1"]},
        input_data_config={"train": {"TrainingInputMode": "File"}},
        job_name="first",
        region="us-east-1",
    )


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("e", "5", ["-e", "5"]),
        ("flag", "true", ["--flag", "True"]),
        ("none", "null", ["--none", ""]),
        ("lr", "1e-3", ["--lr", "0.001"]),
        ("name", '"adam"', ["--name", "adam"]),
        ("name", "adam", ["--name", "adam"]),
        ("opt", '{"b": "x", "a": 1}', ["--opt", "a=1,b=x"]),
        ("cols", '["a", "b"]', ["--cols", "['a', 'b']"]),
        ("batch-size", "3", ["--batch-size", "3"]),
    ],
)
def test_words_of_one_hyperparameter(name: str, value: str, expected: list[str]) -> None:
    assert words(decoded({name: value})) == expected


def test_what_is_sagemakers_is_no_argument_but_a_framework_parameter() -> None:
    told = environment(b="1", a="2", sagemaker_mpi_enabled="true", sagemaker_region='"eu-west-1"')
    assert told.arguments == ["-a", "2", "-b", "1"]
    assert json.loads(told.variables["SM_FRAMEWORK_PARAMS"]) == {"sagemaker_mpi_enabled": True}
    assert told.variables["SAGEMAKER_REGION"] == "eu-west-1"
    assert told.variables["SM_MODULE_NAME"] == "train"


@pytest.mark.parametrize(("image", "last"), [(XGBOOST, '"quoted"'), (SCIKIT_LEARN, "quoted")])
def test_the_newer_toolkit_takes_quotes_off_the_last_word(image: str, last: str) -> None:
    assert environment(image, z=json.dumps('"quoted"')).arguments == ["-z", last]


def test_only_the_newer_toolkit_knows_instance_groups() -> None:
    def names(image: str) -> Any:
        return environment(image).variables.keys()

    assert names(SCIKIT_LEARN) - names(XGBOOST) >= {"SM_INSTANCE_GROUPS", "SM_NUM_NEURONS", "SM_IS_HETERO"}
    assert names(XGBOOST) <= names(SCIKIT_LEARN)
