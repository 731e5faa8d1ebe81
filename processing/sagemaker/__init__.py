"""Scripts of SageMaker jobs and endpoints, one file each, and the plain modules they share.

They run unchanged in AWS's prebuilt containers: ``python3 -m processing.sagemaker.<script>`` in processing jobs, as
``train.py`` and ``inference.py`` beside the packages ``processing`` and ``contracts`` in training and hosting.
"""
