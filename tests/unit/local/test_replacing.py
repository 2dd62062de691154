"""`make validate` knows which parameters replace or delete something when they change."""

from __future__ import annotations

from pathlib import Path

from local.replacing import SENTENCE, replacing
from local.transform import load

CREATE_ONLY = {"AWS::EC2::VPC": {"CidrBlock"}, "AWS::RDS::DBInstance": {"KmsKeyId"}}

NETWORK = """
Parameters: {Range: {Type: String}, Logs: {Type: String}}
Conditions: {HasLogs: !Equals [!Ref Logs, "true"]}
Resources:
  Vpc: {Type: AWS::EC2::VPC, Properties: {CidrBlock: !Ref Range, Tags: [!Ref Logs]}}
"""
MAIN = """
Parameters:
  Cidr: {Type: String, Description: x}
  Flow: {Type: String, Description: x}
  Key: {Type: String, Description: x}
  Secret: {Type: String, Description: x}
  Bucket: {Type: String, Description: x}
  Name: {Type: String, Description: x}
Conditions:
  Make: !Equals [!Ref Secret, ""]
  HasKey: !Not [!Equals [!Ref Key, ""]]
Resources:
  Network:
    Type: AWS::Serverless::Application
    Condition: Make
    Properties: {Location: network.yaml, Parameters: {Range: !Sub "${Cidr}", Logs: !Ref Flow}}
  Instance:
    Type: AWS::RDS::DBInstance
    Properties: {KmsKeyId: !If [HasKey, !Ref Key, !Ref AWS::NoValue], DBName: !Ref Name}
  Copy:
    Type: AWS::RDS::DBInstance
    Condition: HasKey
    DeletionPolicy: Delete
    Properties: {DBName: !Ref Name}
  Topic: {Type: AWS::SNS::Topic, Condition: Make, Properties: {DisplayName: !Ref Name}}
"""


def test_what_a_change_replaces_or_deletes_is_found_through_conditions_and_nested_stacks(
    tmp_path: Path,
) -> None:
    (tmp_path / "network.yaml").write_text(NETWORK)
    (tmp_path / "template.yaml").write_text(MAIN)
    found = replacing(
        load(tmp_path / "template.yaml"), tmp_path, lambda kind: CREATE_ONLY.get(kind, set())
    )
    assert found == {
        "Cidr": {"Network.Vpc.CidrBlock"},
        "Key": {"Instance.KmsKeyId"},
        "Secret": {"Network"},
    }


def test_the_sentence_is_one_that_a_reader_of_the_description_understands() -> None:
    assert SENTENCE.search("Only at the first deploy: a change replaces the network.")
    assert SENTENCE.search("Empty for none. A change deletes the earlier one.")
    assert not SENTENCE.search("Addresses of the network that is made.")
