"""The embedded cloud: ``ministack`` behind a gateway that makes it durable and safe.

``python -m local.cloud --data DIR`` runs it; ``docs/embedded-cloud.md`` explains it.
"""
