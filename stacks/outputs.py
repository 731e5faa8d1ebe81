"""Keys of the stacks' outputs: written by the stacks, read by the CLI and the tests. No CDK import here."""

NETWORK = "Network"  # of network=isolated
FOUNDATION = "Foundation"
STREAM_INGEST = "StreamIngest"
LAKEHOUSE = "Lakehouse"
TRAINING = "Training"
SERVING = "Serving"
MONITORING = "Monitoring"
REALTIME_SCORING = "RealtimeScoring"

VPC = "VpcId"

DATASET = "Dataset"
LAKE_BUCKET = "LakeBucketName"
ARTIFACT_BUCKET = "ArtifactBucketName"
DATABASE = "DatabaseName"
KEY_ARN = "KeyArn"
ALARM_TOPIC_ARN = "AlarmTopicArn"

EVENT_STREAM = "EventStreamName"
DELIVERY_STREAM = "DeliveryStreamName"
TRANSFORM_FUNCTION = "TransformFunctionName"

REFERENCE_CRAWLER = "ReferenceCrawlerName"
EVENTS_CRAWLER = "EventsCrawlerName"
CURATE_JOB = "CurateJobName"
CURATE_WORKFLOW = "CurateWorkflowName"
QUALITY_RULESET = "QualityRulesetName"
WORK_GROUP = "WorkGroupName"

TRAINING_PIPELINE = "TrainingPipelineName"
MODEL_PACKAGE_GROUP = "ModelPackageGroupName"

ENDPOINT = "EndpointName"

MONITORING_PIPELINE = "MonitoringPipelineName"  # of monitoring=processing
MONITORING_SCHEDULE = "MonitoringScheduleName"  # of monitoring=model_monitor
DASHBOARD = "DashboardName"

FEATURES_TABLE = "FeaturesTableName"
SCORES_TABLE = "ScoresTableName"
SCORES_STREAM = "ScoresStreamName"
DEAD_LETTERS = "DeadLettersUrl"
REVIEW_QUEUE = "ReviewQueueUrl"
REVIEWS = "ReviewsArn"
INDEX_FUNCTION = "IndexFunctionName"


def stack_name(prefix: str, stack: str) -> str:
    """The physical name of a stack: ``mlref-Foundation``."""
    return f"{prefix}-{stack}"
