"""What policies allow. Source: IAM/latest/UserGuide/reference_policies_evaluation-logic.html."""

from __future__ import annotations

import json
from typing import Any

import pytest

from cdr_helpers.localaws.iam import policies

OBJECT = "arn:aws:s3:::bucket/raw/a.csv"
CONTEXT = {"aws:sourceaccount": "123456789012"}
READ = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::bucket/raw/*"}


def document(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


@pytest.mark.parametrize(
    ("statements", "allowed"),
    [
        ([], None),
        ([READ], True),
        ([READ | {"Action": "s3:PutObject"}], None),
        ([READ | {"Action": "S3:getobject"}], True),
        ([READ | {"Action": ["s3:Put*", "s3:Get*"]}], True),
        ([READ | {"Action": "*"}], True),
        ([READ | {"Action": "s3:Get?bject"}], True),
        ([READ | {"Action": "s3:Get.bject"}], None),
        ([READ | {"Resource": "arn:aws:s3:::bucket/RAW/*"}], None),
        ([READ | {"Resource": "arn:aws:s3:::*/raw/?.csv"}], True),
        ([READ | {"Resource": ["arn:aws:s3:::other/*", "*"]}], True),
        ([READ | {"Resource": "arn:aws:s3:::bucket"}], None),
        ([READ, READ | {"Effect": "Deny"}], False),
        ([READ, READ | {"Effect": "Deny", "Resource": "arn:aws:s3:::bucket/processed/*"}], True),
        ([{"Effect": "Allow", "NotAction": "s3:DeleteObject", "Resource": "*"}], True),
        ([{"Effect": "Allow", "NotAction": "s3:*", "Resource": "*"}], None),
        ([{"Effect": "Allow", "Action": "*", "NotResource": "arn:aws:s3:::bucket/*"}], None),
        ([READ | {"Condition": {"StringEquals": {"aws:SourceAccount": "123456789012"}}}], True),
        ([READ | {"Condition": {"StringEquals": {"aws:SourceAccount": ["1", "2"]}}}], None),
        ([READ | {"Condition": {"StringNotEquals": {"aws:SourceAccount": "1"}}}], True),
        ([READ | {"Condition": {"StringLike": {"aws:SourceAccount": "1234*"}}}], True),
        ([READ | {"Condition": {"StringEquals": {"aws:Unsaid": "1"}}}], None),
        ([READ | {"Condition": {"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}}], None),
        ([READ, READ | {"Effect": "Deny", "Condition": {"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}}], False),
    ],
)
def test_decisions(statements: list[dict[str, Any]], allowed: bool | None) -> None:
    assert policies.decide([document(*statements)], "s3:GetObject", OBJECT, CONTEXT) is allowed


def test_what_is_no_policy_allows_nothing() -> None:
    assert policies.decide(["not json", "[]", '{"Statement": "x"}'], "s3:GetObject", OBJECT, CONTEXT) is None


@pytest.mark.parametrize(
    ("principal", "action", "trusted"),
    [
        ({"Service": "glue.amazonaws.com"}, "sts:AssumeRole", True),
        ({"Service": ["ec2.amazonaws.com", "glue.amazonaws.com"]}, "sts:*", True),
        ({"Service": "ec2.amazonaws.com"}, "sts:AssumeRole", False),
        ({"AWS": "123456789012"}, "sts:AssumeRole", False),
        ({"Service": "glue.amazonaws.com"}, "sts:TagSession", False),
        ("*", "sts:AssumeRole", True),
    ],
)
def test_trust(principal: Any, action: str, trusted: bool) -> None:
    statement = {"Effect": "Allow", "Principal": principal, "Action": action}
    assert policies.trusts(document(statement), "glue.amazonaws.com", CONTEXT) is trusted
