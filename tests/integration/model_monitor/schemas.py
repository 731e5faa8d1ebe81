"""Model Monitor's files, as AWS documents them, as JSON Schema.

https://docs.aws.amazon.com/sagemaker/latest/dg/model-monitor-byoc-statistics.html
https://docs.aws.amazon.com/sagemaker/latest/dg/model-monitor-byoc-constraints.html
https://docs.aws.amazon.com/sagemaker/latest/dg/model-monitor-interpreting-violations.html

Further members are allowed: "Bring your own containers can adopt the same format or enhance it as required."
"""

from typing import Any

NUMBER, TEXT, FLAG = {"type": "number"}, {"type": "string"}, {"type": "boolean"}
SHARE = {"type": "number", "minimum": 0, "maximum": 1}
SWITCH = {"enum": ["Enabled", "Disabled"]}


def _object(required: dict[str, Any], **optional: Any) -> dict[str, Any]:
    return {"type": "object", "required": list(required), "properties": {**required, **optional}}


def _list(of: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"type": "array", "items": of, **more}


COMMON = _object({"num_present": NUMBER, "num_missing": NUMBER})
KLL = _object(
    {
        "buckets": _list(_object({"lower_bound": NUMBER, "upper_bound": NUMBER, "count": NUMBER}), maxItems=10),
        "sketch": _object(
            {"parameters": _object({"c": NUMBER, "k": NUMBER}), "data": _list(_list(NUMBER))},
        ),
    }
)
NUMERICAL = _object(
    {"common": COMMON},
    **dict.fromkeys(("mean", "sum", "std_dev", "min", "max"), NUMBER),
    distribution=_object({"kll": KLL}),
)
CATEGORICAL = _object({"buckets": _list(_object({"value": TEXT, "count": NUMBER}))})
STRING = _object({"common": COMMON, "distinct_count": NUMBER}, distribution=_object({"categorical": CATEGORICAL}))
STATISTICS = _object(
    {
        "version": {"const": 0},
        "dataset": _object({"item_count": NUMBER}),
        "features": _list(
            {
                "oneOf": [
                    _object(
                        {
                            "name": TEXT,
                            "inferred_type": {"enum": ["Fractional", "Integral"]},
                            "numerical_statistics": NUMERICAL,
                        }
                    ),
                    _object(
                        {
                            "name": TEXT,
                            "inferred_type": {"enum": ["String", "Unknown"]},
                            "string_statistics": STRING,
                        }
                    ),
                ]
            }
        ),
    }
)
DISTRIBUTION = _object(
    {
        "perform_comparison": SWITCH,
        "comparison_threshold": NUMBER,
        "comparison_method": {"enum": ["Simple", "Robust"]},
        "categorical_comparison_threshold": NUMBER,
        "categorical_drift_method": {"enum": ["LInfinity", "ChiSquared"]},
    }
)
CONSTRAINTS = _object(
    {
        "version": {"const": 0},
        "features": _list(
            _object(
                {
                    "name": TEXT,
                    "inferred_type": {"enum": ["Integral", "Fractional", "String", "Unknown"]},
                    "completeness": SHARE,
                },
                num_constraints=_object({"is_non_negative": FLAG}),
                string_constraints=_object({"domains": _list(TEXT)}),
                monitoringConfigOverrides={"type": "object"},
            )
        ),
        "monitoring_config": _object(
            {
                "evaluate_constraints": SWITCH,
                "emit_metrics": SWITCH,
                "datatype_check_threshold": SHARE,
                "domain_content_threshold": SHARE,
                "distribution_constraints": DISTRIBUTION,
            }
        ),
    }
)
CHECKS = (
    *("data_type_check", "completeness_check", "baseline_drift_check", "missing_column_check"),
    *("extra_column_check", "categorical_values_check"),
)
VIOLATIONS = _object(
    {
        "violations": _list(
            _object({"feature_name": TEXT, "constraint_check_type": {"enum": list(CHECKS)}, "description": TEXT})
        )
    }
)
FILES = {
    "statistics.json": STATISTICS,
    "constraints.json": CONSTRAINTS,
    "constraint_violations.json": VIOLATIONS,
}
