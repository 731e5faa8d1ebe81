"""Deploys approved model versions: events of the registry and of the endpoint, and the stack's custom resource.

https://docs.aws.amazon.com/sagemaker/latest/dg/automating-sagemaker-with-eventbridge.html
"""

import os
from typing import Any

import boto3

from lambdas.custom_resource import respond
from lambdas.deploy_model.configuration import VARIABLE, Serving
from lambdas.deploy_model.hosting import Hosting
from lambdas.deploy_model.reconcile import Reconciler
from lambdas.deploy_model.registry import Registry
from lambdas.deploy_model.scaling import RollbackAlarms, Scaling
from lambdas.log import log


def handler(event: dict[str, Any], context: Any) -> None:
    """Whatever the event, bring the endpoint nearer to what it should be.

    The stack waits only for the removal. When it is made or its settings change it is answered first: a deployment
    takes minutes, and one that fails is no reason to roll the stack back. Lambda repeats a call that raises.
    """
    reconciler = _reconciler(context)
    if event.get("RequestType") == "Delete":
        respond(event, context, reconciler.remove)
        return
    if "RequestType" in event:
        respond(event, context, lambda: None)
    elif (detail := event.get("detail", {})).get("ModelApprovalStatus", "Approved") != "Approved":
        reconciler.registry.forget(detail["ModelPackageArn"])
    log("INFO", reconciler.run(), event=event.get("detail-type") or event.get("RequestType"))


def _reconciler(context: Any) -> Reconciler:
    serving = Serving.parse(os.environ[VARIABLE])
    sagemaker = boto3.client("sagemaker")
    return Reconciler(
        serving,
        Registry(sagemaker, serving.package_group),
        Hosting(sagemaker, serving, lambda: context.get_remaining_time_in_millis() / 1000),
        Scaling(boto3.client("application-autoscaling"), serving),
        RollbackAlarms(boto3.client("cloudwatch"), serving),
        boto3.client("s3"),
    )
