"""What every workload on Kubernetes must have, and that its settings are what services read."""

import re
from collections.abc import Mapping
from typing import Any

import pytest

from deploy.container.surroundings import PORTS
from gas import settings as known
from local.paths import REPOSITORY
from tests.support.manifests import (
    Manifest,
    base,
    of_kind,
    pod_of,
    references,
    settings_file,
    title,
)

DEPLOYMENTS = of_kind(base(), "Deployment")
WORKLOADS = of_kind(base(), "Deployment", "Job")
DOCUMENT = (REPOSITORY / "docs" / "containers.md").read_text()
SERVICES: Mapping[str, type[known.CoreSettings]] = {
    "gas-web": known.WebSettings,
    "gas-annotator": known.AnnotatorSettings,
    "gas-archiver": known.ArchiverSettings,
    "gas-thaw": known.ThawSettings,
}
SECRETS = {
    "gas-web": {
        "GAS_SECRET_KEY": "k" * 40,
        "GAS_GLOBUS_CLIENT_ID": "id",
        "GAS_GLOBUS_CLIENT_SECRET": "s",
    }
}
"""What docs/containers.md tells to put into the secret of each service."""
WRITABLE = {"/tmp", "/run/gas", "/var/cache/gas"}

each_deployment = pytest.mark.parametrize("deployment", DEPLOYMENTS, ids=title)
each_workload = pytest.mark.parametrize("workload", WORKLOADS, ids=title)


def container(workload: Manifest) -> Mapping[str, Any]:
    (only,) = pod_of(workload)["containers"]
    assert isinstance(only, Mapping)
    return only


def variables(workload: Manifest) -> dict[str, str]:
    """The variables that stand in the manifest itself; those from secrets with a stand-in."""
    return {each["name"]: each.get("value", "x://u@h/d") for each in container(workload)["env"]}


def test_every_service_is_there() -> None:
    assert {each["metadata"]["name"] for each in DEPLOYMENTS} == set(SERVICES)
    assert {each.removeprefix("gas-") for each in SERVICES} == set(PORTS)


@each_workload
def test_it_may_do_nothing_that_it_need_not(workload: Manifest) -> None:
    pod, own = pod_of(workload), container(workload)["securityContext"]
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    # OpenShift chooses the user.
    assert "runAsUser" not in {*pod["securityContext"], *own}
    assert own["runAsNonRoot"] is own["readOnlyRootFilesystem"] is True
    assert own["allowPrivilegeEscalation"] is False
    assert own["capabilities"] == {"drop": ["ALL"]}
    assert pod["automountServiceAccountToken"] is False
    assert pod["serviceAccountName"] == workload["metadata"]["name"]


@each_workload
def test_it_is_bounded(workload: Manifest) -> None:
    resources, pod = container(workload)["resources"], pod_of(workload)
    assert set(resources["requests"]) == {"cpu", "memory", "ephemeral-storage"}
    assert {"memory", "ephemeral-storage"} <= set(resources["limits"])
    for volume in pod["volumes"]:
        assert "emptyDir" not in volume or "sizeLimit" in volume["emptyDir"]


@each_deployment
def test_it_writes_only_where_it_may(deployment: Manifest) -> None:
    pod = pod_of(deployment)
    empty = {each["name"] for each in pod["volumes"] if "emptyDir" in each}
    mounts = container(deployment)["volumeMounts"]
    assert {each["mountPath"] for each in mounts if each["name"] in empty} == WRITABLE
    assert all(each.get("readOnly") for each in mounts if each["name"] not in empty)


@each_deployment
def test_it_is_asked_whether_it_lives(deployment: Manifest) -> None:
    own = container(deployment)
    (port,) = own["ports"]
    service = deployment["metadata"]["name"].removeprefix("gas-")
    assert (port["name"], port["containerPort"]) == ("https", PORTS[service])
    assert own["args"] == [service]
    for probe in ("startupProbe", "readinessProbe", "livenessProbe"):
        expected = {"path": "/healthz", "port": "https", "scheme": "HTTPS"}
        assert own[probe]["httpGet"] == expected


@each_deployment
def test_it_is_given_the_time_to_stop(deployment: Manifest) -> None:
    own, pod = container(deployment), pod_of(deployment)
    (_, before) = own["lifecycle"]["preStop"]["exec"]["command"]
    stop = int(variables(deployment)["GAS_STOP_SECONDS"])
    assert pod["terminationGracePeriodSeconds"] >= int(before) + stop + 10


@each_deployment
def test_it_has_its_companions(deployment: Manifest) -> None:
    name, labels = deployment["metadata"]["name"], deployment["spec"]["selector"]["matchLabels"]
    assert deployment["spec"]["template"]["metadata"]["labels"] == labels
    found = {each["kind"]: each for each in base() if each["metadata"]["name"] == name}
    assert {"ServiceAccount", "Service", "PodDisruptionBudget", "NetworkPolicy"} <= set(found)
    assert found["Service"]["spec"]["selector"] == labels
    assert found["PodDisruptionBudget"]["spec"]["selector"] == {"matchLabels": labels}
    assert found["NetworkPolicy"]["spec"]["podSelector"] == {"matchLabels": labels}
    assert all("name" in port for port in found["Service"]["spec"]["ports"])


@each_workload
def test_its_network_is_fenced(workload: Manifest) -> None:
    name = workload["metadata"]["name"]
    policies = {each["metadata"]["name"]: each["spec"] for each in of_kind(base(), "NetworkPolicy")}
    assert policies["gas-default-deny"] == {
        "podSelector": {},
        "policyTypes": ["Ingress", "Egress"],
    }
    ports = {
        port["port"]: rule for rule in policies[name]["egress"] for port in rule.get("ports", [])
    }
    needs_database = "GAS_DATABASE_URL" in variables(workload)
    assert (5432 in ports) is needs_database
    if 443 in ports:
        (to,) = ports[443]["to"]
        assert "169.254.0.0/16" in to["ipBlock"]["except"]  # the node's own role


@each_deployment
@pytest.mark.parametrize("overlay", ["eks", "openshift"])
def test_its_settings_are_complete(deployment: Manifest, overlay: str) -> None:
    name = deployment["metadata"]["name"]
    image = {"GAS_WORK_DIR": "/var/cache/gas/work"}
    environ = {**image, **settings_file(overlay), **variables(deployment), **SECRETS.get(name, {})}
    assert SERVICES[name].load(environ)


def settings_that_exist() -> set[str]:
    """Every variable that a service, its server or its start reads."""
    classes = [known.CoreSettings]
    for each in classes:
        classes += each.__subclasses__()
    fields = {f"GAS_{field.upper()}" for each in classes for field in each.model_fields}
    inis = (REPOSITORY / "deploy" / "uwsgi").glob("*.ini")
    server = {name for ini in inis for name in re.findall(r"\bGAS_[A-Z_]+\b", ini.read_text())}
    return fields | server | {"AWS_REGION", "AWS_DEFAULT_REGION", "PROMETHEUS_MULTIPROC_DIR"}


@pytest.mark.parametrize("overlay", ["eks", "openshift"])
def test_every_setting_exists(overlay: str) -> None:
    named = {*settings_file(overlay)} | {name for each in WORKLOADS for name in variables(each)}
    assert named <= settings_that_exist()


def test_every_secret_is_documented() -> None:
    named = {
        each["name"] for key in ("secretRef", "secretKeyRef") for each in references(base(), key)
    }
    assert named
    assert {name for name in named if f"`{name}`" not in DOCUMENT} == set()
    for name, secret in SECRETS.items():
        assert f"`{name}`" in DOCUMENT
        assert all(variable in DOCUMENT for variable in secret)


def test_annotators_scale_as_was_chosen() -> None:
    chosen = re.search(r"Chosen: \*\*(\d+) waiting jobs per instance", _scale())
    assert chosen is not None
    (scaled,) = of_kind(base(), "ScaledObject")
    modifiers = scaled["spec"]["advanced"]["scalingModifiers"]
    assert modifiers["target"] == chosen[1]
    triggers = scaled["spec"]["triggers"]
    assert modifiers["formula"] == " + ".join(each["name"] for each in triggers)
    # What is being annotated is no reason for more instances; the policy is about what waits.
    assert {each["metadata"]["scaleOnInFlight"] for each in triggers} == {"false"}
    (annotator,) = (each for each in DEPLOYMENTS if title(each) == "Deployment/gas-annotator")
    assert "two jobs at once on an instance" in _scale()
    assert variables(annotator)["GAS_SLOTS"] == "2"
    assert "replicas" not in annotator["spec"]


def _scale() -> str:
    return (REPOSITORY / "docs" / "scale.md").read_text()
