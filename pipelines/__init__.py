"""SageMaker pipelines: the builders and the definitions that they generate."""
