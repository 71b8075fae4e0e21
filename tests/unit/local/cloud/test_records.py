"""What the gateway writes down: calls, mails, stacks, ids, messages, pauses."""

from __future__ import annotations

import asyncio
import base64
import json
import sqlite3
import time
from email.message import EmailMessage
from pathlib import Path
from urllib.parse import urlencode

import pytest
from multidict import CIMultiDict

from local.cloud.calls import Call, changes_something, read_call
from local.cloud.control_entry import fingerprint, pair_ids, rename
from local.cloud.journal import Journal
from local.cloud.mail import is_sending, read_mail
from local.cloud.queue_mirror import batches, entry_of, slim
from local.cloud.s3_events import read_notifications
from local.cloud.settings import RetryPolicy
from local.cloud.stack_log import merge, plain_name

FORM = "application/x-www-form-urlencoded; charset=utf-8"


def json_call(target: str, request: object) -> Call:
    return read_call("POST", "/", {"X-Amz-Target": target}, json.dumps(request).encode())


def form_call(**parameters: str) -> Call:
    return read_call("POST", "/", {"Content-Type": FORM}, urlencode(parameters).encode())


@pytest.mark.parametrize(
    ("call", "changes"),
    [
        (json_call("AmazonSQS.CreateQueue", {}), True),
        (json_call("AmazonSQS.GetQueueUrl", {}), False),
        (json_call("AWSStepFunctions.CreateStateMachine", {}), True),
        (json_call("secretsmanager.PutSecretValue", {}), True),
        (json_call("secretsmanager.GetSecretValue", {}), False),
        (json_call("DynamoDB_20120810.UpdateTimeToLive", {}), True),
        (json_call("DynamoDB_20120810.BatchGetItem", {}), False),
        (form_call(Action="Subscribe"), True),
        (form_call(Action="ListTopics"), False),
        (form_call(Action="VerifyEmailIdentity"), True),
        (read_call("POST", "/2015-03-31/functions", {}, b"{}"), True),
        (read_call("POST", "/2015-03-31/functions/f/invocations", {}, b"{}"), False),
        (read_call("GET", "/2015-03-31/functions/f", {}, b""), False),
        (read_call("DELETE", "/schedules/s", {}, b""), True),
    ],
)
def test_what_shapes_the_cloud(call: Call, changes: bool) -> None:
    assert changes_something(call) is changes


def test_identical_requests_have_one_fingerprint() -> None:
    first = json_call("secretsmanager.CreateSecret", {"Name": "s", "ClientRequestToken": "1"})
    again = json_call("secretsmanager.CreateSecret", {"ClientRequestToken": "2", "Name": "s"})
    other = json_call("secretsmanager.CreateSecret", {"Name": "t"})
    assert fingerprint(first) == fingerprint(again) != fingerprint(other)


def test_ids_are_followed() -> None:
    old, new = "11111111-2222-3333-4444-555555555555", "99999999-2222-3333-4444-555555555555"
    secret = b"arn:aws:secretsmanager:us-east-1:0:secret:name-AbCdEf"
    renamed = dict(pair_ids(f"<a>{old}</a>".encode(), f"<a>{new}</a>".encode()))
    renamed |= dict(pair_ids(secret, secret.replace(b"AbCdEf", b"GhIjKl")))
    assert rename(f"x={old}&y={old}".encode(), renamed) == f"x={new}&y={new}".encode()
    assert rename(secret, renamed).endswith(b"secret:name-GhIjKl")
    assert not dict(pair_ids(f"{old} {new}".encode(), old.encode()))


def test_an_update_becomes_a_creation() -> None:
    before = {
        "StackName": "gas", "TemplateBody": "old",
        "Parameters.member.1.ParameterKey": "A", "Parameters.member.1.ParameterValue": "1",
        "Parameters.member.2.ParameterKey": "B", "Parameters.member.2.ParameterValue": "2",
    }  # fmt: skip
    update = {
        "UsePreviousTemplate": "true", "Capabilities.member.1": "CAPABILITY_IAM",
        "Parameters.member.1.ParameterKey": "A", "Parameters.member.1.UsePreviousValue": "true",
        "Parameters.member.2.ParameterKey": "B", "Parameters.member.2.ParameterValue": "9",
    }  # fmt: skip
    assert merge(before, update) == {
        "TemplateBody": "old", "Capabilities.member.1": "CAPABILITY_IAM",
        "Parameters.member.1.ParameterKey": "A", "Parameters.member.1.ParameterValue": "1",
        "Parameters.member.2.ParameterKey": "B", "Parameters.member.2.ParameterValue": "9",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("given", "name"),
    [("gas", "gas"), ("arn:aws:cloudformation:us-east-1:0:stack/gas/1-2", "gas")],
)
def test_names_of_stacks(given: str, name: str) -> None:
    assert plain_name(given) == name


def test_simple_mail_of_version_2() -> None:
    request = {
        "FromEmailAddress": "a@x",
        "Destination": {"ToAddresses": ["b@x"], "CcAddresses": ["c@x"]},
        "Content": {
            "Simple": {
                "Subject": {"Data": "Übung"},
                "Body": {"Text": {"Data": "t"}, "Html": {"Data": "<p>"}},
            }
        },
    }
    call = read_call("POST", "/v2/email/outbound-emails", {}, json.dumps(request).encode())
    assert is_sending(call)
    mail = read_mail(call)
    assert (mail["from"], mail["to"], mail["cc"]) == ("a@x", ["b@x"], ["c@x"])
    assert (mail["subject"], mail["text"], mail["html"]) == ("Übung", "t", "<p>")


def test_raw_mail() -> None:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "a@x", "b@x", "s"
    message.set_content("plain")
    message.add_alternative("<p>html</p>", subtype="html")
    message.add_attachment(b"1", maintype="text", subtype="csv", filename="t.csv")
    raw = base64.b64encode(bytes(message)).decode()
    request = {"Content": {"Raw": {"Data": raw}}}
    mail = read_mail(
        read_call("POST", "/v2/email/outbound-emails", {}, json.dumps(request).encode())
    )
    assert (mail["from"], mail["to"], mail["text"].strip()) == ("a@x", ["b@x"], "plain")
    assert mail["html"].strip() == "<p>html</p>"
    assert mail["attachments"] == [{"name": "t.csv", "type": "text/csv"}]


def test_mail_of_version_1() -> None:
    parameters = {
        "Action": "SendEmail", "Source": "a@x", "Destination.ToAddresses.member.1": "b@x",
        "Message.Subject.Data": "s", "Message.Body.Text.Data": "t",
    }  # fmt: skip
    headers = {
        "Content-Type": FORM,
        "Authorization": "AWS4-HMAC-SHA256 Credential=K/20260101/us-east-1/ses/aws4_request, "
        "SignedHeaders=host, Signature=0",
    }
    call = read_call("POST", "/", CIMultiDict(headers), urlencode(parameters).encode())
    assert is_sending(call)
    assert read_mail(call)["to"] == ["b@x"]


def test_messages_are_sent_again_with_what_belongs_to_them() -> None:
    peeked = {
        "Body": "b", "MessageAttributes": {"a": {"DataType": "String", "StringValue": "1"}},
        "ReceiveCount": 0, "IsVisible": False, "VisibleAt": int(time.time()) + 100,
        "MessageGroupId": None,
    }  # fmt: skip
    entry = entry_of(3, slim(peeked))
    assert (entry["Id"], entry["MessageBody"]) == ("3", "b")
    assert entry["MessageAttributes"] == peeked["MessageAttributes"]
    assert 90 < entry["DelaySeconds"] <= 100
    in_flight = slim({**peeked, "ReceiveCount": 1})
    assert "DelaySeconds" not in entry_of(0, in_flight)


def test_batches_are_small_enough() -> None:
    messages = [{"body": "x" * size} for size in [150_000, 100_000, *[10] * 25]]
    found = list(batches(messages))
    assert [message for batch in found for message in batch] == messages
    assert all(len(batch) <= 10 for batch in found)
    assert [len(batch) for batch in found][:2] == [1, 10]


def test_pauses_are_those_of_sns() -> None:
    pauses = RetryPolicy().pauses()
    assert pauses[:5] == [0, 0, 0, 1, 1]
    assert pauses[5:15] == sorted(pauses[5:15])
    assert pauses[14] == pytest.approx(20)
    assert pauses[15:] == [20] * 35


def test_notification_rules() -> None:
    xml = b"""<NotificationConfiguration xmlns="http://s3.amazonaws.com/doc/2006-03-01/">
      <QueueConfiguration><Id>r</Id><Queue>arn:aws:sqs:us-east-1:0:q</Queue>
        <Event>s3:ObjectCreated:*</Event><Filter><S3Key>
          <FilterRule><Name>Prefix</Name><Value>in/</Value></FilterRule>
          <FilterRule><Name>suffix</Name><Value>.vcf</Value></FilterRule>
        </S3Key></Filter></QueueConfiguration></NotificationConfiguration>"""
    (rule,) = read_notifications(xml)
    assert rule.matches("ObjectCreated:Put", "in/a.vcf")
    assert not rule.matches("ObjectCreated:Put", "out/a.vcf")
    assert not rule.matches("ObjectCreated:Put", "in/a.txt")
    assert not rule.matches("ObjectRemoved:Delete", "in/a.vcf")


def test_the_journal_keeps_what_it_says(tmp_path: Path) -> None:
    async def work(journal: Journal) -> None:
        insert = "INSERT INTO items VALUES (?, ?, ?)"
        await asyncio.gather(*(journal.write((insert, ("t", str(n), "{}"))) for n in range(500)))
        with pytest.raises(sqlite3.Error):
            await journal.write(("INSERT INTO nowhere VALUES (1)", ()))
        await journal.write((insert, ("t", "last", "{}")))

    journal = Journal(tmp_path / "journal.sqlite")
    asyncio.run(work(journal))
    journal.close()
    again = Journal(tmp_path / "journal.sqlite")
    assert again.read("SELECT count(*) FROM items") == [(501,)]
    again.close()
