"""Every acknowledged write is found again after ``kill -9`` of every process."""

from __future__ import annotations

import contextlib
import io
import itertools
import json
import threading
import time
import zipfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest
from botocore.exceptions import BotoCoreError, ClientError

from tests.integration.cloud.embedded import EmbeddedCloud
from tests.integration.cloud.test_stack import HANDLER, template
from tests.integration.cloud.waiting import queue_policy, receive, until

FAULTS = (BotoCoreError, ClientError, httpx.HTTPError, OSError)
SENDER = "gas@example.org"
LOAD_SECONDS = 2.0


def make_everything(cloud: EmbeddedCloud) -> dict[str, str]:
    """A table, queues, a topic into a queue, a bucket that announces its objects."""
    sqs, sns, s3 = (cloud.client(name) for name in ("sqs", "sns", "s3"))
    cloud.client("dynamodb").create_table(
        TableName="jobs",
        BillingMode="PAY_PER_REQUEST",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
    )
    made = {n: sqs.create_queue(QueueName=n)["QueueUrl"] for n in ("direct", "topic", "objects")}
    arns = {name: f"arn:aws:sqs:us-east-1:000000000000:{name}" for name in made}
    topic = sns.create_topic(Name="jobs")["TopicArn"]
    s3.create_bucket(Bucket="objects")
    for name, service, source in (
        ("topic", "sns.amazonaws.com", topic),
        ("objects", "s3.amazonaws.com", "arn:aws:s3:::objects"),
    ):
        policy = queue_policy(arns[name], service, source)
        sqs.set_queue_attributes(QueueUrl=made[name], Attributes={"Policy": policy})
    raw = {"RawMessageDelivery": "true"}
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arns["topic"], Attributes=raw)
    rule = {"QueueArn": arns["objects"], "Events": ["s3:ObjectCreated:*"]}
    s3.put_bucket_notification_configuration(
        Bucket="objects", NotificationConfiguration={"QueueConfigurations": [rule]}
    )
    cloud.client("sesv2").create_email_identity(EmailIdentity=SENDER)
    return {**made, "arn": topic}


def writers(cloud: EmbeddedCloud, made: dict[str, str]) -> dict[str, Callable[[str], None]]:
    """What each kind of writer does with a name of its own."""
    clients = {n: cloud.client(n, attempts=1) for n in ("dynamodb", "sqs", "sns", "s3", "sesv2")}

    def put_item(name: str) -> None:
        clients["dynamodb"].put_item(TableName="jobs", Item={"id": {"S": name}})

    def update_item(name: str) -> None:
        clients["dynamodb"].update_item(
            TableName="jobs",
            Key={"id": {"S": f"u-{name}"}},
            UpdateExpression="SET n = :n ADD c :one",
            ExpressionAttributeValues={":n": {"S": name}, ":one": {"N": "1"}},
        )

    def transact(name: str) -> None:
        puts = [{"Put": {"TableName": "jobs", "Item": {"id": {"S": f"{p}-{name}"}}}} for p in "ab"]
        clients["dynamodb"].transact_write_items(TransactItems=puts)

    def mail(name: str) -> None:
        content = {"Subject": {"Data": name}, "Body": {"Text": {"Data": "x"}}}
        clients["sesv2"].send_email(
            FromEmailAddress=SENDER,
            Destination={"ToAddresses": ["user@example.org"]},
            Content={"Simple": content},
        )

    return {
        "put": put_item,
        "update": update_item,
        "transact": transact,
        "send": lambda n: clients["sqs"].send_message(QueueUrl=made["direct"], MessageBody=n),
        "publish": lambda n: clients["sns"].publish(TopicArn=made["arn"], Message=n),
        "object": lambda n: clients["s3"].put_object(
            Bucket="objects", Key=n, Body=n.encode() * 100
        ),
        "mail": mail,
    }


def write_until(stop: threading.Event, kind: str, write: Callable[[str], None]) -> list[str]:
    """Write again and again; the names of what was acknowledged."""
    acknowledged = []
    for number in itertools.count():
        if stop.is_set():
            return acknowledged
        name = f"{kind}-{number:05}"
        try:
            write(name)
        except FAULTS:
            continue
        acknowledged.append(name)
    raise AssertionError


def arrived(
    cloud: EmbeddedCloud, url: str, wanted: set[str], names: Callable[[str], set[str]]
) -> set[str]:
    """The names that the messages of a queue speak of; waits for the ``wanted`` ones."""
    sqs = cloud.client("sqs")
    found: set[str] = set()
    deadline = time.monotonic() + 20
    while not wanted <= found and time.monotonic() < deadline:
        answer = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, WaitTimeSeconds=1)
        found |= {n for message in answer.get("Messages", []) for n in names(message["Body"])}
    return found


def announced(body: str) -> set[str]:
    return {r["s3"]["object"]["key"] for r in json.loads(body).get("Records", [])}


def mails(cloud: EmbeddedCloud) -> Iterator[str]:
    token = {"Authorization": f"Bearer {(cloud.data / 'mail-token').read_text()}"}
    before = 2**60
    while True:
        query = {"limit": "200", "before": str(before)}
        found = httpx.get(f"{cloud.url}/_gas/mail", headers=token, params=query).json()["mails"]
        if not found:
            return
        yield from (mail["subject"] for mail in found)
        before = found[-1]["seq"]


@pytest.mark.parametrize("which", ["everything", "gateway", "ministack"])
def test_acknowledged_writes_survive_kill_9_under_load(
    own_cloud: EmbeddedCloud, which: str
) -> None:
    made = make_everything(own_cloud)
    stop = threading.Event()
    with ThreadPoolExecutor(8) as pool:
        running = {
            kind: pool.submit(write_until, stop, kind, write)
            for kind, write in writers(own_cloud, made).items()
        }
        time.sleep(LOAD_SECONDS)  # the load itself, not a wait for something
        if which == "ministack":
            own_cloud.ministack.kill()
            time.sleep(LOAD_SECONDS)
        elif which == "gateway":
            own_cloud.kill_gateway()
        else:
            own_cloud.kill()
        stop.set()
        done = {kind: set(task.result()) for kind, task in running.items()}
    assert all(done.values()), {kind: len(names) for kind, names in done.items()}
    if which == "ministack":
        own_cloud.wait_until_ready()
    else:
        own_cloud.start()
    check_everything(own_cloud, made, done)


def check_everything(cloud: EmbeddedCloud, made: dict[str, str], done: dict[str, set[str]]) -> None:
    pages = cloud.client("dynamodb").get_paginator("scan").paginate(TableName="jobs")
    items = {item["id"]["S"]: item for page in pages for item in page["Items"]}
    assert done["put"] <= items.keys()
    assert {f"{p}-{name}" for name in done["transact"] for p in "ab"} <= items.keys()
    for name in done["update"]:
        assert items[f"u-{name}"] == {"id": {"S": f"u-{name}"}, "n": {"S": name}, "c": {"N": "1"}}
    for kind, queue, names in (
        ("send", "direct", lambda body: {body}),
        ("publish", "topic", lambda body: {body}),
        ("object", "objects", announced),
    ):
        assert done[kind] <= arrived(cloud, made[queue], done[kind], names)
    s3 = cloud.client("s3")
    for name in done["object"]:
        found = s3.get_object(Bucket="objects", Key=name)["Body"].read()
        assert found == name.encode() * 100
    assert done["mail"] <= set(mails(cloud))


def test_settings_survive(own_cloud: EmbeddedCloud) -> None:
    """Shapes made by stack and by hand, what hangs on them, and their last state."""
    s3, sqs, cfn = (own_cloud.client(name) for name in ("s3", "sqs", "cloudformation"))
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("index.py", HANDLER)
    s3.create_bucket(Bucket="code-bucket")
    s3.put_object(Bucket="code-bucket", Key="worker.zip", Body=packed.getvalue())
    rules = [{"AllowedOrigins": ["http://a"], "AllowedMethods": ["GET"]}]
    s3.put_bucket_cors(Bucket="code-bucket", CORSConfiguration={"CORSRules": rules})
    cfn.create_stack(StackName="gas", TemplateBody=template("gas"))
    cfn.get_waiter("stack_create_complete").wait(StackName="gas", WaiterConfig={"Delay": 1})
    cfn.update_stack(
        StackName="gas",
        TemplateBody=template("gas", "code-bucket", 77),
        Capabilities=["CAPABILITY_IAM"],
    )
    cfn.get_waiter("stack_update_complete").wait(StackName="gas", WaiterConfig={"Delay": 1})
    secrets = own_cloud.client("secretsmanager")
    secrets.create_secret(Name="s", SecretString="old")
    secrets.put_secret_value(SecretId="s", SecretString="new")
    gone = sqs.create_queue(QueueName="gone")["QueueUrl"]
    sqs.delete_queue(QueueUrl=gone)

    own_cloud.kill()
    own_cloud.start()

    outputs = cfn.describe_stacks(StackName="gas")["Stacks"][0]["Outputs"]
    urls = {o["OutputKey"]: o["OutputValue"] for o in outputs}
    found = sqs.get_queue_attributes(QueueUrl=urls["Work"], AttributeNames=["All"])["Attributes"]
    assert found["VisibilityTimeout"] == "77"
    assert s3.get_bucket_cors(Bucket="code-bucket")["CORSRules"][0]["AllowedOrigins"] == [
        "http://a"
    ]
    assert secrets.get_secret_value(SecretId="s")["SecretString"] == "new"
    assert gone not in sqs.list_queues()["QueueUrls"]
    sqs.send_message(QueueUrl=urls["Work"], MessageBody="work")
    assert receive(sqs, urls["Answers"], 1, seconds=30)[0]["Body"] == "WORK"


def test_a_failed_update_leaves_the_stack_as_it_was(own_cloud: EmbeddedCloud) -> None:
    cfn, sqs = own_cloud.client("cloudformation"), own_cloud.client("sqs")
    cfn.create_stack(StackName="gas", TemplateBody=template("gas"))
    cfn.get_waiter("stack_create_complete").wait(StackName="gas", WaiterConfig={"Delay": 1})
    broken = json.loads(template("gas", visibility=99))
    own_cloud.client("s3").create_bucket(Bucket="taken")
    broken["Resources"]["Bad"] = {
        "Type": "AWS::S3::Bucket",
        "DependsOn": "Work",
        "Properties": {"BucketName": "taken"},
    }
    cfn.update_stack(StackName="gas", TemplateBody=json.dumps(broken))

    def status() -> str:
        return str(cfn.describe_stacks(StackName="gas")["Stacks"][0]["StackStatus"])

    until(lambda: "IN_PROGRESS" not in status())
    assert "ROLLBACK" in status()

    own_cloud.kill()
    own_cloud.start()

    assert status() in ("CREATE_COMPLETE", "UPDATE_COMPLETE")
    url = sqs.get_queue_url(QueueName="gas-work")["QueueUrl"]
    found = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["VisibilityTimeout"])
    assert found["Attributes"]["VisibilityTimeout"] == "2"


def test_a_change_set_survives(own_cloud: EmbeddedCloud) -> None:
    """What `aws cloudformation deploy` does: prepare a change, carry it out by its ARN alone."""
    cfn, sqs = own_cloud.client("cloudformation"), own_cloud.client("sqs")
    for kind, visibility in (("CREATE", 5), ("UPDATE", 66)):
        change = cfn.create_change_set(
            StackName="gas",
            ChangeSetName=f"change-{visibility}",
            ChangeSetType=kind,
            TemplateBody=template("gas", visibility=visibility),
        )["Id"]
        cfn.get_waiter("change_set_create_complete").wait(
            ChangeSetName=change, WaiterConfig={"Delay": 1}
        )
        cfn.execute_change_set(ChangeSetName=change)
        cfn.get_waiter(f"stack_{kind.lower()}_complete").wait(
            StackName="gas", WaiterConfig={"Delay": 1}
        )
    own_cloud.kill()
    own_cloud.start()
    url = sqs.get_queue_url(QueueName="gas-work")["QueueUrl"]
    found = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["VisibilityTimeout"])
    assert found["Attributes"]["VisibilityTimeout"] == "66"


def test_ids_of_before_are_followed(own_cloud: EmbeddedCloud) -> None:
    """A request that names a chance id still finds its thing, after several restarts."""
    sns, sqs = own_cloud.client("sns"), own_cloud.client("sqs")
    topic = sns.create_topic(Name="t")["TopicArn"]
    url = sqs.create_queue(QueueName="q")["QueueUrl"]
    arn = "arn:aws:sqs:us-east-1:000000000000:q"
    policy = queue_policy(arn, "sns.amazonaws.com", topic)
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy})
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)

    def subscription() -> str:
        return str(
            sns.list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"][0]["SubscriptionArn"]
        )

    for name, value in (("RawMessageDelivery", "true"), ("FilterPolicy", '{"k": ["v"]}')):
        sns.set_subscription_attributes(
            SubscriptionArn=subscription(), AttributeName=name, AttributeValue=value
        )
        own_cloud.kill()
        own_cloud.start()
    found = sns.get_subscription_attributes(SubscriptionArn=subscription())["Attributes"]
    assert (found["RawMessageDelivery"], found["FilterPolicy"]) == ("true", '{"k": ["v"]}')


def test_a_session_goes_on_after_a_restart(own_cloud: EmbeddedCloud) -> None:
    """Services keep their temporary credentials; what was signed with them still works."""
    iam, s3 = own_cloud.client("iam"), own_cloud.client("s3")
    trust = {"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}
    policy = {"Version": "2012-10-17", "Statement": [trust]}
    made = iam.create_role(RoleName="web", AssumeRolePolicyDocument=json.dumps(policy))
    allowed = {"Effect": "Allow", "Action": "s3:*", "Resource": "arn:aws:s3:::uploads/*"}
    policy = {"Version": "2012-10-17", "Statement": [allowed]}
    iam.put_role_policy(RoleName="web", PolicyName="p", PolicyDocument=json.dumps(policy))
    s3.create_bucket(Bucket="uploads")
    assumed = own_cloud.client("sts").assume_role(
        RoleArn=made["Role"]["Arn"], RoleSessionName="web"
    )["Credentials"]
    credentials = {
        "aws_access_key_id": assumed["AccessKeyId"],
        "aws_secret_access_key": assumed["SecretAccessKey"],
        "aws_session_token": assumed["SessionToken"],
    }
    web = own_cloud.client("s3", **credentials)
    web.put_object(Bucket="uploads", Key="before", Body=b"x")
    before = {"Bucket": "uploads", "Key": "before"}
    address = web.generate_presigned_url("get_object", Params=before)
    post = web.generate_presigned_post(
        "uploads", "posted", Conditions=[["content-length-range", 1, 10]]
    )

    own_cloud.kill()
    own_cloud.start()

    assert web.get_object(Bucket="uploads", Key="before")["Body"].read() == b"x"
    web.put_object(Bucket="uploads", Key="after", Body=b"x" * 9_000_000)
    assert httpx.get(address).content == b"x"
    assert httpx.get(address.replace("/before", "/after")).status_code == 403
    files = {"file": ("f", b"12345678901", "text/plain")}
    assert httpx.post(post["url"], data=post["fields"], files=files).status_code == 400
    files = {"file": ("f", b"12345", "text/plain")}
    assert httpx.post(post["url"], data=post["fields"], files=files).status_code == 204
    with pytest.raises(ClientError) as fault:
        web.list_buckets()
    assert fault.value.response["Error"]["Code"] == "AccessDenied"
    forged = own_cloud.client("s3", **{**credentials, "aws_secret_access_key": "x" * 40})
    with pytest.raises(ClientError):
        forged.get_object(Bucket="uploads", Key="before")


def test_a_waiting_state_machine_goes_on(own_cloud: EmbeddedCloud) -> None:
    iam, states = own_cloud.client("iam"), own_cloud.client("stepfunctions")
    service = {"Service": "states.amazonaws.com"}
    trust = {"Effect": "Allow", "Principal": service, "Action": "sts:AssumeRole"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    role = iam.create_role(RoleName="states", AssumeRolePolicyDocument=policy)["Role"]["Arn"]
    wait = {"Type": "Wait", "TimestampPath": "$.at", "End": True}
    definition = json.dumps({"StartAt": "W", "States": {"W": wait}})
    machine = states.create_state_machine(name="m", definition=definition, roleArn=role)
    at = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 5))
    run = states.start_execution(
        stateMachineArn=machine["stateMachineArn"], input=json.dumps({"at": at})
    )["executionArn"]

    own_cloud.kill()
    own_cloud.start()

    assert states.describe_execution(executionArn=run)["status"] == "RUNNING"
    until(lambda: states.describe_execution(executionArn=run)["status"] == "SUCCEEDED")


def test_large_objects_survive_and_leftovers_go(own_cloud: EmbeddedCloud) -> None:
    s3 = own_cloud.client("s3")
    s3.create_bucket(Bucket="large")
    content = bytes(range(256)) * 40_000
    s3.put_object(Bucket="large", Key="kept", Body=content)
    s3.put_object(Bucket="large", Key="gone", Body=content)
    s3.delete_object(Bucket="large", Key="gone")
    upload = s3.create_multipart_upload(Bucket="large", Key="never")["UploadId"]
    s3.upload_part(Bucket="large", Key="never", UploadId=upload, PartNumber=1, Body=content)

    own_cloud.kill()
    (own_cloud.data / "blobs" / "half.part").write_bytes(b"x")
    own_cloud.start()

    assert s3.get_object(Bucket="large", Key="kept")["Body"].read() == content
    until(lambda: len(list((own_cloud.data / "blobs").iterdir())) == 1)


def test_an_object_without_room_on_the_disk_is_refused(tmp_path: Path) -> None:
    """ministack would acknowledge it and lose it at its next start."""
    cloud = EmbeddedCloud(tmp_path / "data", "--disk-reserve", str(1 << 60))
    cloud.start()
    try:
        s3 = cloud.client("s3", attempts=1)
        s3.create_bucket(Bucket="full")
        with pytest.raises(ClientError) as refused:
            s3.put_object(Bucket="full", Key="k", Body=b"x")
        assert refused.value.response["Error"]["Code"] == "SlowDown"
        assert s3.list_objects_v2(Bucket="full")["KeyCount"] == 0
    finally:
        cloud.stop()


def test_what_lambda_workers_unpacked_is_removed(own_cloud: EmbeddedCloud) -> None:
    left = own_cloud.data / "run" / "tmp" / "ministack-lambda-x"
    left.mkdir()
    own_cloud.kill()
    own_cloud.start()
    assert not left.exists()


def test_start_and_stop(tmp_path: Path) -> None:
    """An orderly stop ends every process, and what was there is there again."""
    cloud = EmbeddedCloud(tmp_path / "data")
    cloud.start()
    sqs = cloud.client("sqs")
    url = sqs.create_queue(QueueName="q")["QueueUrl"]
    sqs.send_message(QueueUrl=url, MessageBody="x")
    empty = sqs.create_queue(QueueName="empty")["QueueUrl"]
    ministack = cloud.ministack

    def poll() -> None:
        with contextlib.suppress(*FAULTS):
            cloud.client("sqs", attempts=1).receive_message(QueueUrl=empty, WaitTimeSeconds=20)

    with ThreadPoolExecutor(1) as pool:
        pool.submit(poll)  # a worker that waits does not keep the cloud from stopping
        assert cloud.stop() == 0
    assert not ministack.is_running()
    cloud.start()
    assert receive(sqs, url)[0]["Body"] == "x"
    cloud.stop()


def test_ministack_ends_with_its_gateway(own_cloud: EmbeddedCloud) -> None:
    ministack = own_cloud.ministack
    own_cloud.kill_gateway()
    until(lambda: not ministack.is_running())
    own_cloud.start()
