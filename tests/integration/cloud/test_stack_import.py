"""A stack comes back whole although the objects of its buckets were there before it."""

from __future__ import annotations

import json

from tests.integration.cloud.embedded import EmbeddedCloud
from tests.integration.cloud.waiting import queue_policy

TEMPLATE = json.dumps(
    {
        "Parameters": {"Stage": {"Type": "String"}},
        "Resources": {
            "Events": {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": "events"}},
            "EventsPolicy": {
                "Type": "AWS::SQS::QueuePolicy",
                "Properties": {
                    "Queues": [{"Ref": "Events"}],
                    "PolicyDocument": json.loads(
                        queue_policy(
                            "arn:aws:sqs:us-east-1:000000000000:events",
                            "s3.amazonaws.com",
                            "arn:aws:s3:::kept-lab",
                        )
                    ),
                },
            },
            "Kept": {
                "Type": "AWS::S3::Bucket",
                "DeletionPolicy": "Retain",
                "DependsOn": "EventsPolicy",
                "Properties": {
                    "BucketName": {"Fn::Sub": "kept-${Stage}"},
                    "NotificationConfiguration": {
                        "QueueConfigurations": [
                            {
                                "Event": "s3:ObjectCreated:*",
                                "Queue": {"Fn::GetAtt": ["Events", "Arn"]},
                            }
                        ]
                    },
                },
            },
        },
        "Outputs": {"Bucket": {"Value": {"Ref": "Kept"}}},
    }
)


def test_a_stack_with_objects_in_its_bucket_survives(own_cloud: EmbeddedCloud) -> None:
    cfn, s3 = own_cloud.client("cloudformation"), own_cloud.client("s3")
    stage = [{"ParameterKey": "Stage", "ParameterValue": "lab"}]
    cfn.create_stack(StackName="gas", TemplateBody=TEMPLATE, Parameters=stage)
    cfn.get_waiter("stack_create_complete").wait(StackName="gas", WaiterConfig={"Delay": 1})
    s3.put_object(Bucket="kept-lab", Key="a", Body=b"kept")
    for _ in range(2):
        own_cloud.kill()
        own_cloud.start()
        cfn, s3 = own_cloud.client("cloudformation"), own_cloud.client("s3")
        (stack,) = cfn.describe_stacks(StackName="gas")["Stacks"]
        assert stack["StackStatus"] in ("CREATE_COMPLETE", "UPDATE_COMPLETE")
        assert stack["Outputs"][0]["OutputValue"] == "kept-lab"
        assert cfn.get_template(StackName="gas")["TemplateBody"] == json.loads(TEMPLATE)
        assert s3.get_object(Bucket="kept-lab", Key="a")["Body"].read() == b"kept"
        rules = s3.get_bucket_notification_configuration(Bucket="kept-lab")
        assert rules["QueueConfigurations"][0]["QueueArn"].endswith(":events")
