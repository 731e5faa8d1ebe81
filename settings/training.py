"""Training: on what, how, and when by itself."""

from pydantic import Field

from settings.base import Section
from settings.instances import INSTANCE_TYPE


class Training(Section):
    """From the curated table to a model package."""

    processing_instance: str = Field(
        "ml.m5.xlarge", pattern=INSTANCE_TYPE, description="Instance type of the pipeline's processing jobs"
    )
    training_instance: str = Field(
        "ml.m5.xlarge", pattern=INSTANCE_TYPE, description="Instance type of the pipeline's training jobs"
    )
    training_spot: bool = Field(False, description="Train on spot capacity: cheaper, may wait or start again")
    tuning: bool = Field(False, description="Search the hyperparameters by ten training jobs instead of one")
    # Above 0.85 the evaluation takes the model for one that knows the answer
    minimum_auc: float = Field(
        0.62, ge=0.5, le=0.85, description="A model is registered only with so large an AUC on the latest days"
    )
    minimum_gain: float = Field(
        0.0, ge=0, le=0.35, description="A model is registered only if its AUC beats the no-ML prediction's by more"
    )
    train_every_days: int | None = Field(
        None, ge=1, le=365, description="Start the training pipeline every so many days; by default only on demand"
    )
    train_after_curation: bool = Field(
        False, description="Start the training pipeline when the curation job has succeeded"
    )
