"""The same by Model Monitor: another who checks, the same from the files on."""

from pathlib import Path

import pytest

from localcloud import LocalCloud
from localcloud.assembly import DeploymentError, deploy
from tests.integration.endpoints.hall import Hall, variant
from tests.integration.inbox import until
from tests.integration.model_monitor.watch import CAPTURE, LAST_HOUR, config
from tests.integration.monitoring.site import ENDPOINT, Site, Trained

pytestmark = pytest.mark.xdist_group("monitored")


def test_its_violations_start_a_training_too(
    cloud: LocalCloud, assemblies: dict[str, Path], trained: Trained, tmp_path: Path
) -> None:
    lake = deploy(assemblies["processing"], cloud)["mlref-Foundation"]["LakeBucketName"]
    with pytest.raises(DeploymentError, match=rf"Endpoint '{ENDPOINT}' does not exist"):
        deploy(assemblies["model_monitor"], cloud)

    hall = Hall(cloud)
    hall.model("any", times=1)
    capture = {**CAPTURE, "DestinationS3Uri": f"s3://{lake}/capture"}
    hall.endpoint(hall.config("any", variant("any"), DataCaptureConfig=capture), ENDPOINT)
    site = Site(cloud, deploy(assemblies["model_monitor"], cloud), trained, tmp_path)
    assert site.sagemaker.list_pipelines(PipelineNamePrefix="mlref-monitoring")["PipelineSummaries"] == []
    name = site.outputs["mlref-Monitoring"]["MonitoringScheduleName"]
    schedule = site.sagemaker.describe_monitoring_schedule(MonitoringScheduleName=name)
    assert schedule["MonitoringScheduleStatus"] == "Scheduled"

    cloud.enforce = True
    try:
        site.curate("2013-03-25", "2013-03-31")
        site.capture("2013-07-01", "2013-07-07")
        definition = schedule["MonitoringScheduleConfig"]["MonitoringJobDefinitionName"]
        site.sagemaker.create_monitoring_schedule(
            MonitoringScheduleName="now", MonitoringScheduleConfig=config(LAST_HOUR, definition)
        )
        listed = until(
            lambda: site.sagemaker.list_monitoring_executions(MonitoringScheduleName="now"),
            lambda told: any(
                item["MonitoringExecutionStatus"] not in ("Pending", "InProgress")
                for item in told["MonitoringExecutionSummaries"]
            ),
            60,
        )
        (execution,) = listed["MonitoringExecutionSummaries"]
        assert execution["MonitoringExecutionStatus"] == "CompletedWithViolations", execution["FailureReason"]
        assert site.published("data", "Violations", 1)[-1] > 0
        assert site.published("data", "Rows", 1) == [900]
        (training,) = until(site.trainings, bool)
        assert training["PipelineExecutionDisplayName"] == "retrain-until-2013-03-31"
    finally:
        cloud.enforce = False
