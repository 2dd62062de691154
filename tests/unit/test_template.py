"""The template itself: what reviewers look for, and that it and the code agree."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import samtranslator
from annotated_types import Ge, Gt, Interval, Le
from pydantic.fields import FieldInfo

from extraction_aws.deployment import Deployment
from extraction_jobs.settings import Settings
from tests.unit.templates import PARAMETERS, RESOURCES, TEMPLATE, of_type, statements

COMMON_VARIABLES: dict[str, Any] = TEMPLATE["Globals"]["Function"]["Environment"]["Variables"]

# Given by the deployed resources, or only on a laptop; not for a person to set at a deploy.
NOT_A_PARAMETER = {
    "MODEL_API_KEY",
    "DATABASE_ROLES",
    "DATABASE_USER",
    "JOBS_QUEUE_URL",
    "DEAD_LETTER_QUEUE_URL",
    "FAILED_INVOCATIONS_QUEUE_URL",
    "SOURCE_BUCKET",
    "DATABASE_URL",
}


NOTHING = {"Ref": "AWS::NoValue"}
FUNCTIONS = of_type("AWS::Serverless::Function")
QUEUES = of_type("AWS::SQS::Queue")


def timeout(function: Mapping[str, Any]) -> int:
    return int(function.get("Timeout", TEMPLATE["Globals"]["Function"]["Timeout"]))


def sources(kind: str) -> Iterator[tuple[str, dict[str, Any]]]:
    for name, function in FUNCTIONS.items():
        for event in function.get("Events", {}).values():
            if event["Type"] == kind:
                yield name, event["Properties"]


def parameter_of(variable: str) -> str:
    return "".join(word.capitalize() for word in variable.split("_"))


def test_a_queue_hides_a_message_for_six_times_its_consumers_timeout() -> None:
    consumed = list(sources("SQS"))
    assert consumed
    for name, source in consumed:
        queue = QUEUES[source["Queue"]["Fn::GetAtt"][0]]
        assert queue["VisibilityTimeout"] >= 6 * timeout(FUNCTIONS[name])


def test_a_queue_consumer_reports_failures_by_message_and_is_limited() -> None:
    for _, source in sources("SQS"):
        assert source["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
        assert source["ScalingConfig"]["MaximumConcurrency"]


def test_lambda_lets_the_worker_send_to_the_queue_that_calls_it() -> None:
    # Its hand-overs and retries look like a loop; Lambda would stop them after sixteen.
    assert FUNCTIONS["WorkerFunction"]["RecursiveLoop"] == "Allow"
    sends = {
        name
        for name, function in FUNCTIONS.items()
        if {"Ref": "SendJobsPolicy"} in RESOURCES[role_of(name)]["Properties"]["ManagedPolicyArns"]
    }
    consumes = {name for name, _ in sources("SQS")}
    assert sends & consumes == {"WorkerFunction"}


def test_what_the_jobs_queue_gives_up_on_is_handled() -> None:
    redrive = QUEUES["JobsQueue"]["RedrivePolicy"]
    assert redrive["maxReceiveCount"] >= 5
    dead_letters = redrive["deadLetterTargetArn"]["Fn::GetAtt"][0]
    [consumer] = [n for n, s in sources("SQS") if s["Queue"]["Fn::GetAtt"][0] == dead_letters]
    assert consumer == "DeadLettersFunction"
    # A message's age counts from when it was first sent, in both queues.
    kept = QUEUES[dead_letters]["MessageRetentionPeriod"]
    assert kept > QUEUES["JobsQueue"]["MessageRetentionPeriod"]


def test_every_queue_is_encrypted_and_takes_tls_only() -> None:
    for queue in QUEUES.values():
        # By the customer's key where there is one, else by SQS's own.
        assert queue["SqsManagedSseEnabled"] == {"Fn::If": ["HasKey", NOTHING, True]}
        assert queue["KmsMasterKeyId"] == {"Fn::If": ["HasKey", {"Ref": "KmsKeyArn"}, NOTHING]}
    # SQS sets one policy per queue, and takes only a statement that names this queue.
    policies = of_type("AWS::SQS::QueuePolicy").values()
    assert [[queue["Ref"] for queue in p["Queues"]] for p in policies] == [[q] for q in QUEUES]
    for policy in policies:
        [queue] = policy["Queues"]
        tls, *others = list(statements(policy["PolicyDocument"]))
        assert tls["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
        assert (tls["Effect"], tls["Principal"]) == ("Deny", "*")
        for statement in (tls, *others):
            assert statement["Resource"] == {"Fn::GetAtt": [queue["Ref"], "Arn"]}
        # EventBridge leaves there what it cannot hand over, by this one rule.
        assert [each["Condition"] for each in others] == (
            [{"ArnEquals": {"aws:SourceArn": {"Fn::GetAtt": ["InboxFunctionFile", "Arn"]}}}]
            if queue == {"Ref": "FailedInvocationsQueue"}
            else []
        )


def test_every_route_but_three_and_the_admin_pages_files_needs_a_token() -> None:
    routes = [source for _, source in sources("HttpApi")]
    public = {r["Path"] for r in routes if r.get("Auth", {}).get("Authorizer") == "NONE"}
    pages = {source["Path"] for name, source in sources("HttpApi") if name == "AdminFunction"}
    assert public == {"/openapi.json", "/docs", "/health"} | pages
    assert all(path == "/admin" or path.startswith("/admin/") for path in pages)
    # Open to anyone, so not at the expense of callers with a token.
    assert RESOURCES["HttpApi"]["Properties"]["RouteSettings"].keys() == {
        f"GET {path}" for path in public
    }
    assert RESOURCES["HttpApi"]["Properties"]["Auth"]["DefaultAuthorizer"] == "Tokens"


@pytest.mark.parametrize("attribute", ["organisations", "operator"])
def test_nobody_can_write_what_their_own_token_may_do(attribute: str) -> None:
    [client] = of_type("AWS::Cognito::UserPoolClient").values()
    assert f"custom:{attribute}" in client["ReadAttributes"]
    assert client["WriteAttributes"]  # none given would mean all
    assert f"custom:{attribute}" not in client["WriteAttributes"]
    [pool] = of_type("AWS::Cognito::UserPool").values()
    assert pool["AdminCreateUserConfig"]["AllowAdminCreateUserOnly"] is True
    assert attribute in [each["Name"] for each in pool["Schema"]]


def test_nothing_is_allowed_by_a_wildcard() -> None:
    allowed = [s for s in statements(RESOURCES) if s["Effect"] == "Allow"]
    assert allowed
    for statement in allowed:
        assert "*" not in json.dumps(statement["Action"])
        # Who may assume a role is no permission on a resource, and Textract knows no resources.
        unbound = statement["Action"] in ("sts:AssumeRole", "textract:DetectDocumentText")
        assert unbound or statement["Resource"] != "*"


SAMS: dict[str, Any] = json.loads(
    (
        Path(samtranslator.__file__).parent / "policy_templates_data/policy_templates.json"
    ).read_text()
)["Templates"]
OF_A_QUEUE = {"ChangeMessageVisibility", "ChangeMessageVisibilityBatch", "DeleteMessageBatch"}


@pytest.mark.parametrize(
    ("ours", "service", "sams", "left_out"),
    [
        ("WorkerRole", "sqs", "SQSPollerPolicy", OF_A_QUEUE),
        ("DeadLettersRole", "sqs", "SQSPollerPolicy", OF_A_QUEUE),
        (
            *("ReadSourcesPolicy", "s3", "S3ReadPolicy"),
            {"GetObjectVersion", "GetBucketLocation", "GetLifecycleConfiguration"},
        ),
        ("DatabaseSecretPolicy", "secretsmanager", "AWSSecretsManagerGetSecretValuePolicy", set()),
    ],
)
def test_what_sams_policy_allows_and_ours_leaves_out(
    ours: str, service: str, sams: str, left_out: set[str]
) -> None:
    def actions(node: Any) -> set[str]:
        listed = [each["Action"] for each in statements(node) if each["Effect"] == "Allow"]
        flat = [a for each in listed for a in (each if isinstance(each, list) else [each])]
        return {a.partition(":")[2] for a in flat if a.startswith(f"{service}:")}

    mine, theirs = actions(RESOURCES[ours]), actions(SAMS[sams])
    assert (mine - theirs, theirs - mine) == (set(), left_out)


def role_of(function: str) -> str:
    """Return the function's role; its own, not one that SAM makes."""
    role: str = FUNCTIONS[function]["Role"]["Fn::GetAtt"][0]
    return role


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_function_writes_to_its_own_logs_and_consumes_its_own_queue_only(function: str) -> None:
    [policy] = RESOURCES[role_of(function)]["Properties"]["Policies"]
    own = {
        FUNCTIONS[function]["LoggingConfig"]["LogGroup"]["Ref"],
        *(s["Queue"]["Fn::GetAtt"][0] for name, s in sources("SQS") if name == function),
    }
    if on_failure := FUNCTIONS[function].get("EventInvokeConfig", {}).get("DestinationConfig"):
        own.add(on_failure["OnFailure"]["Destination"]["Fn::GetAtt"][0])
    named = [s for s in statements(policy) if s["Action"] != "rds-db:connect"]
    assert {s["Resource"]["Fn::GetAtt"][0] for s in named} == own


def test_two_stacks_fit_into_one_account() -> None:
    [(_, schedule)] = sources("ScheduleV2")
    assert schedule["OmitName"] is True
    names = {"FunctionName", "QueueName", "BucketName", "RoleName", "LogGroupName", "LayerName"}
    assert not [name for name, r in RESOURCES.items() if names & r.get("Properties", {}).keys()]


MIGRATIONS: dict[str, Any] = RESOURCES["Migrations"]["Properties"]
# As the function has them: its own go before those of all functions.
MIGRATE_VARIABLES: dict[str, Any] = (
    COMMON_VARIABLES | FUNCTIONS["MigrateFunction"]["Environment"]["Variables"]
)


@pytest.mark.parametrize(
    "variable",
    # A constant is text; what may differ from one deploy to the next is a function of CloudFormation's.
    [
        name
        for name, value in MIGRATE_VARIABLES.items()
        if name.startswith("DATABASE_") and not isinstance(value, str)
    ],
)
def test_the_migrations_run_again_whenever_the_database_that_they_are_for_changes(
    variable: str,
) -> None:
    assert MIGRATIONS[parameter_of(variable)] == MIGRATE_VARIABLES[variable]


def test_the_migrations_run_again_whenever_the_roles_log_in_to_something_else() -> None:
    [connect] = [
        statement
        for statement in statements(RESOURCES["ApiRole"])
        if statement["Action"] == "rds-db:connect"
    ]
    assert MIGRATIONS["DatabaseResourceId"] == connect["Resource"]["Fn::Sub"][1]["Id"]


def test_cloudformation_waits_for_the_migrations_longer_than_they_can_last() -> None:
    longest = timeout(FUNCTIONS["MigrateFunction"])
    assert longest <= 900  # Lambda's
    assert longest + 60 <= MIGRATIONS["ServiceTimeout"] <= 3600


def test_the_source_bucket_is_private_encrypted_and_versioned() -> None:
    [bucket] = of_type("AWS::S3::Bucket").values()
    assert all(bucket["PublicAccessBlockConfiguration"].values())
    assert bucket["BucketEncryption"]
    assert bucket["VersioningConfiguration"]["Status"] == "Enabled"
    assert of_type("AWS::S3::BucketPolicy")


def test_every_parameter_is_explained_and_grouped() -> None:
    groups = TEMPLATE["Metadata"]["AWS::CloudFormation::Interface"]["ParameterGroups"]
    grouped = [name for group in groups for name in group["Parameters"]]
    assert sorted(grouped) == sorted(PARAMETERS)
    assert all(parameter.get("Description") for parameter in PARAMETERS.values())
    undefaulted = {name for name, parameter in PARAMETERS.items() if "Default" not in parameter}
    assert undefaulted == set(), "an empty account needs to be told nothing"


@pytest.mark.parametrize(
    "variable",
    sorted(name.upper() for name in Deployment.model_fields if name.upper() not in NOT_A_PARAMETER),
)
def test_every_setting_is_a_parameter(variable: str) -> None:
    value = COMMON_VARIABLES[variable]
    if "Fn::If" in value:  # what is made here goes before what is given
        value = next(each for each in value["Fn::If"][1:] if "Ref" in each)
    assert value == {"Ref": parameter_of(variable)}


@pytest.mark.parametrize("name", sorted(Settings.model_fields))
def test_a_parameter_defaults_to_what_the_code_does_and_stays_in_its_bounds(name: str) -> None:
    parameter, field = PARAMETERS[parameter_of(name.upper())], Settings.model_fields[name]
    yes_or_no = isinstance(field.default, bool)
    assert parameter["Default"] == (str(field.default).lower() if yes_or_no else field.default)
    if parameter["Type"] == "Number":
        least, most = bounds(field)
        assert least <= parameter["MinValue"]
        assert parameter["MaxValue"] <= most


def bounds(field: FieldInfo) -> tuple[float, float]:
    least, most = float("-inf"), float("inf")
    for rule in field.metadata:
        match rule:
            case Ge(ge=value):
                least = float(value)  # type: ignore[arg-type]
            case Gt(gt=value):
                least = float(value) + 1e-9  # type: ignore[arg-type]
            case Le(le=value):
                most = float(value)  # type: ignore[arg-type]
            case Interval():
                raise AssertionError("pydantic writes an interval as two rules")
    return least, most
