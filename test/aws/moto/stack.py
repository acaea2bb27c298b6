"""Creates, upgrades and removes the packaged stack in moto, an emulator of AWS in this process.

moto lacks API Gateway v2, function URLs, the scheduler, alarms and log groups' policies in CloudFormation: those resources are left out here,
and cfn-lint has looked at them. What is proven: the rest can be created together, an upgrade keeps the table's data, a removal takes the functions away. That the table outlives it is its DeletionPolicy, which moto does not obey.
"""

import json
import sys

import boto3
from moto import mock_aws

KEPT = {"AWS::DynamoDB::Table", "AWS::SQS::Queue", "AWS::IAM::Role", "AWS::Lambda::Function", "AWS::Logs::LogGroup", "AWS::Lambda::EventSourceMapping", "AWS::S3::Bucket"}
REGION = "eu-central-1"


def reduced(template):
    """The template without what moto cannot create, and without references to that."""
    resources = {name: body for name, body in template["Resources"].items() if body["Type"] in KEPT}
    gone = set(template["Resources"]) - set(resources)
    text = json.dumps(resources)
    for name in gone:
        assert f'"{name}.' not in text, f"a kept resource needs {name}"
    text = text.replace('"Ref": "HttpApi"', '"Ref": "AWS::StackName"')
    resources = json.loads(text)
    for body in resources.values():
        if isinstance(body.get("DependsOn"), list):
            body["DependsOn"] = [name for name in body["DependsOn"] if name in resources]
        code = body.get("Properties", {}).get("Code", {})
        if "S3Bucket" in code:
            # The zips themselves are run by the bundle tests.
            body["Properties"]["Code"] = {"ZipFile": "export const handler = async () => ({});"}
    return {**template, "Resources": resources, "Outputs": {}}


@mock_aws
def main(path):
    template = reduced(json.load(open(path)))
    stacks = boto3.client("cloudformation", region_name=REGION)
    tables = boto3.client("dynamodb", region_name=REGION)
    queues = boto3.client("sqs", region_name=REGION)
    stacks.create_stack(StackName="lateen-test", TemplateBody=json.dumps(template), Capabilities=["CAPABILITY_IAM"])
    created = {each["LogicalResourceId"]: each for each in stacks.describe_stack_resources(StackName="lateen-test")["StackResources"]}
    missing = set(template["Resources"]) - set(created)
    assert not missing, f"not created: {missing}"
    table = created["Table"]["PhysicalResourceId"]
    described = tables.describe_table(TableName=table)["Table"]
    assert [index["IndexName"] for index in described["GlobalSecondaryIndexes"]] == ["dirty"], described
    for name in ["AppQueue", "BackgroundQueue"]:
        queue = queues.get_queue_attributes(QueueUrl=created[name]["PhysicalResourceId"], AttributeNames=["All"])["Attributes"]
        assert queue["VisibilityTimeout"] == "330" and json.loads(queue["RedrivePolicy"])["maxReceiveCount"] == 5, queue

    tables.put_item(TableName=table, Item={"pk": {"S": "ROW#app/ns/shop"}, "sk": {"S": "ROW"}, "wanted": {"N": "3"}})
    template["Resources"]["RunnerLambdaFunction"]["Properties"]["MemorySize"] = 2048
    stacks.update_stack(StackName="lateen-test", TemplateBody=json.dumps(template), Capabilities=["CAPABILITY_IAM"])
    item = tables.get_item(TableName=table, Key={"pk": {"S": "ROW#app/ns/shop"}, "sk": {"S": "ROW"}})["Item"]
    assert item["wanted"] == {"N": "3"}, item
    functions = boto3.client("lambda", region_name=REGION)
    sizes = {each["FunctionName"]: each["MemorySize"] for each in functions.list_functions()["Functions"]}
    assert any(name.endswith("-runner") and size == 2048 for name, size in sizes.items()), sizes

    assert template["Resources"]["Table"]["DeletionPolicy"] == "Retain"
    stacks.delete_stack(StackName="lateen-test")
    assert not functions.list_functions()["Functions"]
    print(f"created {len(created)} resources, upgraded with data kept, removed")


main(sys.argv[1])
