"""The domain's queue, sources and database on AWS: SQS, S3 and a secret in Secrets Manager.

boto3 is imported where a client is made and not above: a function pays only for what it uses.
"""
