"""The manifests have the form that a cluster takes: Kubernetes' own schemas, and those of the kinds
that come from elsewhere, as far as we use them (KEDA 2.12, OpenShift's routes)."""

from typing import Any

import jsonschema
import kubernetes_validate
import pytest

from tests.support.manifests import Manifest, base, of_kind, overlay, title

OLDEST, NEWEST = "1.29", "1.37"
"""What we say works, and what the schemas know."""


def closed(properties: dict[str, Any], *required: str) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": properties,
        "required": list(required),
        "additionalProperties": False,
    }


TEXT, NUMBER = {"type": "string"}, {"type": "integer"}
TRIGGER = closed(
    {
        "type": {"const": "aws-sqs-queue"},
        "name": {"type": "string", "pattern": "^[a-z]+$"},
        "authenticationRef": closed({"name": TEXT}, "name"),
        "metadata": closed(
            dict.fromkeys(("queueURLFromEnv", "queueLength", "scaleOnInFlight", "awsRegion"), TEXT),
            *("queueURLFromEnv", "queueLength", "awsRegion"),
        ),
    },
    *("type", "name", "metadata"),
)
ELSEWHERE: dict[str, dict[str, Any]] = {
    "keda.sh/v1alpha1 ScaledObject": closed(
        {
            "scaleTargetRef": closed({"name": TEXT}, "name"),
            "minReplicaCount": NUMBER,
            "maxReplicaCount": NUMBER,
            "pollingInterval": NUMBER,
            "triggers": {"type": "array", "items": TRIGGER, "minItems": 1},
            "advanced": closed(
                {
                    "scalingModifiers": closed(
                        {"formula": TEXT, "target": TEXT, "metricType": {"const": "AverageValue"}},
                        *("formula", "target"),
                    ),
                    "horizontalPodAutoscalerConfig": {"type": "object"},
                }
            ),
        },
        *("scaleTargetRef", "triggers"),
    ),
    "keda.sh/v1alpha1 TriggerAuthentication": closed(
        {
            "podIdentity": closed({"provider": {"const": "aws"}}, "provider"),
            "secretTargetRef": {
                "type": "array",
                "items": closed(
                    {
                        "parameter": {"enum": ["awsAccessKeyID", "awsSecretAccessKey"]},
                        "name": TEXT,
                        "key": TEXT,
                    },
                    *("parameter", "name", "key"),
                ),
            },
        }
    ),
    "route.openshift.io/v1 Route": closed(
        {
            "host": TEXT,
            "path": {"type": "string", "pattern": "^/"},
            "to": closed({"kind": {"const": "Service"}, "name": TEXT}, "kind", "name"),
            "port": closed({"targetPort": TEXT}, "targetPort"),
            "tls": closed(
                {
                    "termination": {"const": "reencrypt"},
                    "insecureEdgeTerminationPolicy": {"enum": ["Redirect", "None"]},
                },
                "termination",
            ),
        },
        *("host", "to", "tls"),
    ),
}


def check(manifest: Manifest, version: str) -> None:
    schema = ELSEWHERE.get(f"{manifest['apiVersion']} {manifest['kind']}")
    if schema is not None:
        jsonschema.validate(manifest["spec"], schema)
        return
    kubernetes_validate.validate(manifest, version, strict=True)


@pytest.mark.parametrize("manifest", base(), ids=title)
def test_the_base(manifest: Manifest) -> None:
    check(manifest, OLDEST)


@pytest.mark.parametrize("name", ["eks", "openshift"])
def test_an_overlay(name: str) -> None:
    manifests = overlay(name)
    assert len(manifests) > len(base())
    for manifest in manifests:
        check(manifest, NEWEST)


@pytest.mark.parametrize("name", ["eks", "openshift"])
def test_an_overlay_says_where_requests_come_from(name: str) -> None:
    for policy in of_kind(overlay(name), "NetworkPolicy"):
        for rule in policy["spec"].get("ingress", []):
            assert "kubernetes.io/metadata.name" not in str(rule["from"])


def test_a_wrong_manifest_is_refused() -> None:
    (wrong,) = (dict(each) for each in base() if title(each) == "Service/gas-web")
    wrong["spec"] = {**wrong["spec"], "portz": []}
    with pytest.raises(kubernetes_validate.ValidationError):
        check(wrong, NEWEST)
