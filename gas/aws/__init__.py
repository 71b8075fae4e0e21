"""The AWS adapters of `gas.ports`, and the only place where boto3 clients are made."""
