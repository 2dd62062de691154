"""May the role of deployer.yaml do what a deploy of template.yaml does in its name?

CloudFormation makes, changes and deletes resources with the rights of whoever deploys. AWS's resource schemas list, for
each type, the permissions that this takes. So a resource of a new type fails the check until the role may make it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from local.transform import Template

# IAM takes no longer policy, spaces apart.
POLICY_CHARACTERS = 6144

# What a deploy takes of types whose schemas list no permissions.
UNLISTED = {
    "AWS::Route53::RecordSetGroup": {"route53:ChangeResourceRecordSets", "route53:GetChange"},
    # CloudFormation calls the function with the rights of whoever deploys.
    "Custom::DatabaseMigrations": {"lambda:InvokeFunction"},
}

# What the schemas list for features that the template does not use. Of the services that it uses, all that only reads
# is allowed: CloudFormation looks at everything, used or not.
NOT_USED = {
    "autoscaling:*": "nothing scales",
    "cloudformation:SetStackPolicy": "nested stacks have no stack policy",
    "cloudformation:UpdateTerminationProtection": "nested stacks have no termination protection",
    "cloudfront:*": "the user pool's sign-in page has no domain of its own",
    "ec2:*SubnetCidrBlock": "no IPv6",
    "ec2:CreateVpcEncryptionControl": "no encryption control",
    "ec2:ModifyVpcTenancy": "no dedicated hardware",
    "elasticfilesystem:*": "no file system",
    "firehose:*": "logs go to CloudWatch only",
    "iam:*GroupPolicy": "policies are for roles only",
    "iam:*UserPolicy": "policies are for roles only",
    "iam:DeleteRolePermissionsBoundary": "a boundary that was given is the administrator's to take off",
    "kms:*Encrypt*": "the user pool has no key of its own",
    "lambda:*CodeSigningConfig": "code is not signed",
    "lambda:AssociateRuntimeAlias": "the runtime is updated by AWS",
    "lambda:PassCapacityProvider": "no managed instances",
    "lambda:PublishVersion": "functions have no versions, see docs/decisions",
    "lambda:PutFunctionRecursionConfig": "recursive loops are stopped, as by default",
    "lambda:PutFunctionScalingConfig": "no managed instances",
    "lambda:PutRuntimeManagementConfig": "the runtime is updated by AWS",
    "logs:*DataProtectionPolicy": "log lines hold nothing to mask",
    "logs:*IndexPolicy": "no field indexes",
    "logs:DeleteResourcePolicy": "API Gateway shares its policy with the account's other APIs",
    "logs:PutBearerTokenAuthentication": "nobody writes logs with a token",
    "logs:PutLogGroupDeletionProtection": "no deletion protection of logs",
    "rds:*AutomatedBackupsReplication": "no copies in another region",
    "rds:*HttpEndpoint": "no Data API",
    "rds:*ReadReplica": "no replicas",
    "rds:*RoleFromDB*": "the database calls no service",
    "rds:*RoleToDB*": "the database calls no service",
    "rds:*ToPointInTime": "a restore starts from a snapshot",
    "rds:RemoveFromGlobalCluster": "no global cluster",
    "s3:*AnalyticsConfiguration": "no analytics",
    "s3:*Bucket*Table*": "no metadata tables",
    "s3:*BucketLogging": "see the exception beside the bucket",
    "s3:*BucketReplication": "no replication",
    "s3:*BucketWebsite": "no website",
    "s3:*Object": "the bucket's objects are not the deployer's",
    "s3:*ObjectLockConfiguration": "no object lock",
    "s3:DeleteBucketCors": "always with the rule for uploads",
    "s3:DeleteBucketEncryption": "always encrypted",
    "s3:DeleteBucketLifecycle": "always with a lifecycle",
    "s3:DeleteBucketMetricsConfiguration": "no request metrics",
    "s3:PutAccelerateConfiguration": "no acceleration",
    "s3:PutBucketAbac": "no rights by tags",
    "s3:PutBucketAcl": "no access lists",
    "s3:PutIntelligentTieringConfiguration": "no tiering",
    "s3:PutInventoryConfiguration": "no inventory",
    "s3:PutMetricsConfiguration": "no request metrics",
    "s3:PutObjectAcl": "no access lists",
    "s3:PutReplicationConfiguration": "no replication",
    "s3files:*": "no file system",
    "s3tables:*": "no metadata tables",
    "sns:PutDataProtectionPolicy": "alarms hold nothing to mask",
    "vpc-lattice:*": "no service network",
    "vpce:*": "endpoints of this region only",
}


@dataclass(frozen=True)
class Statement:
    """What one statement of a policy allows, and on which resources."""

    actions: tuple[str, ...]
    resources: tuple[str, ...]


def only_policies(template: Template, values: Mapping[str, str]) -> Template:
    """Return a template of the managed policies alone, with these values for parameters and AWS's own names.

    Each condition is taken to hold.
    """
    kept = {
        name: _filled(resource, values)
        for name, resource in template["Resources"].items()
        if resource["Type"] == "AWS::IAM::ManagedPolicy"
    }
    return {"Resources": kept}


def statements(policies: Template) -> list[Statement]:
    """Return the statements of what `only_policies` returned. There are only Allow statements."""
    return [
        Statement(tuple(_listed(each["Action"])), tuple(_listed(each["Resource"])))
        for resource in policies["Resources"].values()
        for each in resource["Properties"]["PolicyDocument"]["Statement"]
    ]


def too_long(policies: Template) -> list[str]:
    """Name the policies that IAM would refuse for their length."""
    faults = []
    for name, resource in policies["Resources"].items():
        document = json.dumps(resource["Properties"]["PolicyDocument"])
        length = len(re.sub(r"\s", "", document))
        if length > POLICY_CHARACTERS:
            faults.append(
                f"deployer.yaml: {name} has {length} characters, IAM takes {POLICY_CHARACTERS}"
            )
    return faults


def missing(asked: Mapping[str, set[str]], allowed: Iterable[Statement]) -> list[str]:
    """Name what the role may not do, the types that are not known, and the exceptions that except nothing.

    Args:
        asked: Per resource type the permissions that its schema lists; none if it lists none.
        allowed: The role's statements.

    """
    patterns = [action for statement in allowed for action in statement.actions]
    faults, excepted = [], set()
    for kind, listed in sorted(asked.items()):
        permissions = listed or UNLISTED.get(kind, set())
        if not permissions:
            faults.append(f"deployer.yaml: say in local/deployer.py what a deploy of {kind} takes")
        for permission in sorted(permissions):
            if any(_matches(permission, pattern) for pattern in patterns):
                continue
            reasons = {pattern for pattern in NOT_USED if _matches(permission, pattern)}
            excepted |= reasons
            if not reasons:
                faults.append(f"deployer.yaml: a deploy of {kind} takes {permission}")
    faults += [
        f"local/deployer.py: {pattern} excepts nothing" for pattern in NOT_USED.keys() - excepted
    ]
    return faults


def bound_to_nothing(
    allowed: Iterable[Statement], takes_resource: Callable[[str], bool]
) -> list[str]:
    """Name the actions that are allowed on named resources only, though IAM knows no resource for them.

    Such a statement allows nothing.
    """
    everywhere, named = set(), set()
    for statement in allowed:
        concrete = {action for action in statement.actions if "*" not in action}
        if statement.resources == ("*",):
            everywhere |= concrete
        else:
            named |= {action for action in concrete if not takes_resource(action)}
    return [f'deployer.yaml: {action} needs "*" for its resource' for action in named - everywhere]


def _filled(node: Any, values: Mapping[str, str]) -> Any:
    match node:
        case {"Fn::If": [_, then, _]}:
            return _filled(then, values)
        case {"Ref": str(name)}:
            return values.get(name, node)
        case {"Fn::Sub": str(text)}:
            return re.sub(r"\$\{([\w:]+)\}", lambda found: values[found[1]], text)
        case dict():
            return {name: _filled(value, values) for name, value in node.items()}
        case list():
            return [_filled(each, values) for each in node]
    return node


def _listed(one_or_more: str | list[str]) -> Iterator[str]:
    yield from [one_or_more] if isinstance(one_or_more, str) else one_or_more


def _matches(permission: str, pattern: str) -> bool:
    return fnmatchcase(permission.lower(), pattern.lower())
