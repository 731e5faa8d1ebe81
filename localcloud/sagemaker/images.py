"""Which of AWS's toolkits an image runs: that decides how its scripts are called.

Read from the sources that the images are built of; docs/containers.md has the places.
"""

from dataclasses import dataclass

CONTAINERS = "sagemaker-containers"  # Flask behind gunicorn; `python -m` of the installed script
TRAINING = "sagemaker-training"
INFERENCE = "sagemaker-inference"  # behind Multi Model Server or TorchServe


@dataclass(frozen=True)
class ImageFacts:
    """One family of images.

    Attributes:
        serving: the toolkit that answers requests for a single model.
        handlers: whose default handlers it has: "xgboost", "scikit-learn" or "toolkit" for the toolkit's own.
        training: the toolkit that runs a training script.
        training_module: SAGEMAKER_TRAINING_MODULE of the image.
    """

    serving: str
    handlers: str
    training: str
    training_module: str | None = None


_FAMILIES = {
    "sagemaker-xgboost": ImageFacts(CONTAINERS, "xgboost", CONTAINERS, "sagemaker_xgboost_container.training:main"),
    "sagemaker-scikit-learn": ImageFacts(
        CONTAINERS, "scikit-learn", TRAINING, "sagemaker_sklearn_container.training:main"
    ),
}
_OTHER = ImageFacts(INFERENCE, "toolkit", TRAINING)


def facts(image: str) -> ImageFacts:
    """What an image at a registry path (``….amazonaws.com/sagemaker-xgboost:3.2-0``) runs."""
    repository = image.partition("@")[0].rpartition("/")[2].partition(":")[0]
    return _FAMILIES.get(repository, _OTHER)
