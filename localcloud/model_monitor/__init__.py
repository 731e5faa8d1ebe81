"""SageMaker Model Monitor, the classic mode: schedules whose executions are processing jobs over captured data."""

from localcloud.model_monitor import api, definitions  # noqa: F401 - importing registers their patches

TITLE = "SageMaker Model Monitor"
REAL = (
    "data quality job definitions; monitoring schedules by cron (hourly, daily, every n hours) and NOW: create, "
    "update, start, stop, describe, list, delete",
    "each execution is a processing job: the hourly folders of the captured data and the baseline files are "
    "downloaded to their documented places, the job gets the variables of the container contract, the three files "
    "land at <output>/<endpoint>/<schedule>/yyyy/mm/dd/hh; statuses of executions, CompletedWithViolations among them",
    "CloudWatch metrics of every feature (feature_data_…, feature_non_null_…, feature_baseline_drift_…)",
    "an endpoint that does not exist or captures nothing is refused; an execution without captured data fails with "
    '"Job inputs had no data"',
)
DIFFERENT = (
    "AWS's analyzer image is closed: the module that the cloud is started with stands in for it "
    "(LocalCloud(analyzer=…); `mlref up` gives this project's), with its own judgement of drift and reading of the "
    "captured data; other images are refused by name, pre- and postprocessing scripts are downloaded and not run",
    "only data quality of endpoints: model quality, bias and explainability, batch transform input and time offsets "
    "of the input are refused by name",
    "a schedule is Scheduled at once, an execution begins 10 minutes after its time (AWS: up to 20); executions of one "
    "schedule follow one another: when the scaled clock is faster than the jobs, one takes the hours of several",
    "with LocalCloud(speed=n) hours of a cron schedule pass n times as fast, and so do the windows of data and "
    "the hours that name the folders of results; the window of NOW is one of real time",
)
