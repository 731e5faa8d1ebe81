"""ROC and calibration as pictures, where the image has matplotlib. The numbers are in evaluation.json anyway."""

from pathlib import Path
from typing import Any


def write_plots(folder: Path, evaluation: dict[str, Any]) -> list[str]:
    """Write roc.png and calibration.png of a classification; returns their names, none without matplotlib."""
    try:
        from matplotlib.backends.backend_agg import FigureCanvasAgg  # noqa: PLC0415 - not in every image
        from matplotlib.figure import Figure  # noqa: PLC0415
    except ImportError:
        print("evaluate: no matplotlib in this image, so no plots")
        return []
    bins = evaluation["calibration"]["bins"]
    roc = evaluation["binary_classification_metrics"]["receiver_operating_characteristic_curve"]
    curves = {
        "roc": (roc["false_positive_rates"], roc["true_positive_rates"], "False positive rate", "True positive rate"),
        "calibration": (
            [entry["predicted"] for entry in bins],
            [entry["observed"] for entry in bins],
            "Mean predicted probability",
            "Observed share",
        ),
    }
    for name, (x, y, x_label, y_label) in curves.items():
        figure = Figure(figsize=(5, 5))
        FigureCanvasAgg(figure)
        axes = figure.add_subplot()
        axes.plot(x, y, marker="o" if name == "calibration" else None)
        axes.plot([0, 1], [0, 1], linestyle=":", color="grey")
        axes.set(xlabel=x_label, ylabel=y_label, title=f"{name} on the latest days")
        figure.savefig(folder / f"{name}.png")
    return [f"{name}.png" for name in curves]
