"""Features of a cell sample: every measurement as it is. A dataset is a contract and a module like this, no more."""

from contracts import load
from processing.dataset import Dataset
from processing.encoding import Number

CONTRACT = "diagnoses"
TABLE = load(CONTRACT).table("diagnoses")
INPUTS = tuple(column.name for column in TABLE.columns if column.type == "double")

DATASET = Dataset(
    contract=CONTRACT,
    table=TABLE,
    inputs=INPUTS,
    features=tuple(Number(name) for name in INPUTS),
    decision="malignant",
    suspicious_auc=1.0,  # the classes are nearly separable, with nothing but the measurements
)
