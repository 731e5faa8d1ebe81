"""Everything that a stack could leave behind."""

import json
from typing import Any

from localcloud import LocalCloud

LISTINGS: tuple[tuple[str, str, dict[str, Any]], ...] = (
    ("athena", "list_work_groups", {}),
    ("athena", "list_named_queries", {}),
    ("budgets", "describe_budgets", {"AccountId": "123456789012"}),
    ("cloudwatch", "describe_alarms", {}),
    ("cloudwatch", "list_dashboards", {}),
    ("dynamodb", "list_tables", {}),
    *(
        ("ec2", f"describe_{kind}", {})
        for kind in ("vpcs", "subnets", "route_tables", "vpc_endpoints", "security_groups", "flow_logs")
    ),
    ("ec2", "describe_network_interfaces", {}),
    ("ecr", "describe_repositories", {}),
    ("events", "list_rules", {}),
    ("firehose", "list_delivery_streams", {}),
    ("glue", "get_classifiers", {}),
    ("glue", "get_connections", {}),
    ("glue", "get_databases", {}),
    ("glue", "list_crawlers", {}),
    ("glue", "list_jobs", {}),
    ("glue", "list_triggers", {}),
    ("glue", "list_workflows", {}),
    ("glue", "list_data_quality_rulesets", {}),
    ("glue", "get_security_configurations", {}),
    ("iam", "list_roles", {}),
    ("iam", "list_policies", {"Scope": "Local"}),
    ("kinesis", "list_streams", {}),
    ("lambda", "list_functions", {"FunctionVersion": "ALL"}),
    ("lambda", "list_layers", {}),
    ("lambda", "list_event_source_mappings", {}),
    ("logs", "describe_log_groups", {}),
    ("logs", "describe_metric_filters", {}),
    ("s3", "list_buckets", {}),
    ("sagemaker", "list_data_quality_job_definitions", {}),
    ("sagemaker", "list_endpoint_configs", {}),
    ("sagemaker", "list_endpoints", {}),
    ("sagemaker", "list_models", {}),
    ("sagemaker", "list_monitoring_schedules", {}),
    ("sagemaker", "list_pipelines", {}),
    ("sagemaker", "list_model_package_groups", {}),
    ("scheduler", "list_schedules", {}),
    ("scheduler", "list_schedule_groups", {}),
    ("sns", "list_topics", {}),
    ("sns", "list_subscriptions", {}),
    ("sqs", "list_queues", {}),
    ("ssm", "describe_parameters", {}),
    ("stepfunctions", "list_activities", {}),
    ("stepfunctions", "list_state_machines", {}),
)


def inventory(cloud: LocalCloud) -> dict[str, str]:
    """What every service lists, as text; keys of AWS itself and keys that wait for deletion aside."""
    listed = {}
    for service, operation, arguments in LISTINGS:
        answer = getattr(cloud.client(service), operation)(**arguments)
        answer.pop("ResponseMetadata")
        listed[f"{service}:{operation}"] = json.dumps(answer, default=str, sort_keys=True)
    kms = cloud.client("kms")
    aliases = kms.list_aliases()["Aliases"]
    of_aws = {alias.get("TargetKeyId") for alias in aliases if alias["AliasName"].startswith("alias/aws/")}
    keys = [kms.describe_key(KeyId=key["KeyId"])["KeyMetadata"] for key in kms.list_keys()["Keys"]]
    listed["kms:list_keys"] = str(
        sorted(key["KeyId"] for key in keys if key["KeyState"] != "PendingDeletion" and key["KeyId"] not in of_aws)
    )
    listed["kms:list_aliases"] = str(
        sorted(alias["AliasName"] for alias in aliases if not alias["AliasName"].startswith("alias/aws/"))
    )
    return listed
