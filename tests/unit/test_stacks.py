"""The nested stacks and what the template makes of them: a private network, a database nobody else reaches, bounds."""

from __future__ import annotations

import re
import tomllib
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509

from tests.unit.templates import RESOURCES, ROOT, TEMPLATE, load, of_type, within

NESTED = {
    name: each["Properties"]
    for name, each in RESOURCES.items()
    if each["Type"] == "AWS::Serverless::Application"
}
NETWORK = load("stacks/network.yaml")["Resources"]
DATABASE = load("stacks/database.yaml")["Resources"]


@pytest.mark.parametrize("name", NESTED)
def test_a_nested_stack_is_given_each_of_its_parameters_and_no_other(name: str) -> None:
    nested = load(NESTED[name]["Location"])
    assert set(NESTED[name]["Parameters"]) == set(nested["Parameters"])


@pytest.mark.parametrize("name", NESTED)
def test_what_is_taken_from_a_nested_stack_is_an_output_of_it(name: str) -> None:
    outputs = set(load(NESTED[name]["Location"])["Outputs"])
    attributes = [
        each["Fn::GetAtt"]
        for each in within(TEMPLATE)
        if isinstance(each, dict) and "Fn::GetAtt" in each
    ]
    taken = {value.removeprefix("Outputs.") for of, value in attributes if of == name}
    assert taken
    assert taken <= outputs


def test_each_service_that_a_function_calls_has_its_endpoint() -> None:
    endpoints = {
        each["ServiceName"]["Fn::Sub"].rpartition(".")[2]
        for each in of_type("AWS::EC2::VPCEndpoint", NETWORK).values()
    }
    code = "".join(
        file.read_text()
        for package in ("extraction_aws", "extraction_models")
        for file in (ROOT / "layers/extraction_jobs" / package).glob("*.py")
    )
    names = {"sqs", "s3", "secretsmanager", "events", "bedrock-runtime", "textract"}
    called = {name for name in names if f'"{name}"' in code}
    assert called <= endpoints
    # Logs, traces and the schedule do not go through the functions' network; Cognito is API Gateway's to ask.
    assert endpoints <= names


@pytest.mark.parametrize(
    ("database", "settings", "servers"),
    [("Instance", "Settings", ["Instance"]), ("Cluster", "ClusterSettings", ["Writer", "Standby"])],
)
def test_the_database_is_private_encrypted_backed_up_and_kept(
    database: str, settings: str, servers: list[str]
) -> None:
    resource = DATABASE[database]
    assert (resource["DeletionPolicy"], resource["UpdateReplacePolicy"]) == ("Snapshot", "Snapshot")
    properties = resource["Properties"]
    assert properties["StorageEncrypted"] is True
    assert properties["ManageMasterUserPassword"] is True
    assert "MasterUserPassword" not in properties
    assert properties["EnableIAMDatabaseAuthentication"] is True
    assert properties["BackupRetentionPeriod"] == {"Ref": "BackupDays"}
    for server in servers:
        assert DATABASE[server]["Properties"]["PubliclyAccessible"] is False
        assert DATABASE[server]["Properties"]["EnablePerformanceInsights"] is True
    values = DATABASE[settings]["Properties"]["Parameters"]
    assert values["rds.force_ssl"] == "1"
    assert values["log_parameter_max_length"] == values["log_parameter_max_length_on_error"] == "0"
    assert TEMPLATE["Parameters"]["DatabaseBackupDays"]["MinValue"] >= 1
    assert TEMPLATE["Parameters"]["DatabaseSslmode"]["Default"] == "verify-full"


@pytest.mark.parametrize(
    ("service", "role"),
    [
        ("api", "api"),
        ("worker", "worker"),
        ("sweeper", "sweeper"),
        ("dead_letters", "dead_letters"),
        # It makes jobs as the API does, behind the same wall.
        ("inbox", "api"),
    ],
)
def test_a_function_logs_in_as_its_own_role_and_may_log_in_as_no_other(
    service: str, role: str
) -> None:
    name = "".join(word.capitalize() for word in service.split("_"))
    variables = RESOURCES[f"{name}Function"]["Properties"]["Environment"]["Variables"]
    assert variables["DATABASE_USER"] == {"Fn::If": ["LogInByIam", f"extraction_jobs_{role}", ""]}
    [own] = RESOURCES[f"{name}Role"]["Properties"]["Policies"]
    connects = [
        statement["Fn::If"][1]
        for statement in own["PolicyDocument"]["Statement"]
        if "Fn::If" in statement
    ]
    [resource] = [each["Resource"]["Fn::Sub"][0] for each in connects]
    assert resource.endswith(f"/extraction_jobs_{role}")


def test_the_certificates_are_roots_of_amazon_rds_with_a_year_to_go() -> None:
    bundle = (ROOT / "layers/dependencies/certificates/rds.pem").read_bytes()
    certificates = x509.load_pem_x509_certificates(bundle)
    assert len(certificates) > 80
    for certificate in certificates:
        name = certificate.subject.rfc4514_string()
        assert certificate.issuer == certificate.subject, name
        certificate.verify_directly_issued_by(certificate)
        assert "O=Amazon Web Services" in name
        assert re.search(r"CN=Amazon RDS [a-z0-9-]+ Root CA (RSA2048|RSA4096|ECC384) G1", name)
        assert certificate.not_valid_after_utc > datetime.now(UTC) + timedelta(days=365), name


GIBIBYTES = {"db.t4g.small": 2, "db.t4g.medium": 4}
CONFIGURED = tomllib.loads((ROOT / "samconfig.toml").read_text())


@pytest.mark.parametrize("environment", ["default", "staging", "production"])
def test_the_connections_of_all_functions_fit_into_the_instance(environment: str) -> None:
    given = CONFIGURED[environment]["deploy"]["parameters"].get("parameter_overrides", "")
    overrides = dict(pair.split("=", 1) for pair in given.split())
    assert set(overrides) <= set(TEMPLATE["Parameters"])

    def of(name: str) -> str:
        return str(overrides.get(name, TEMPLATE["Parameters"][name]["Default"]))

    api = int(of("ApiReservedConcurrency")) or int(of("ApiBurstLimit"))
    # A worker's heartbeat has a connection of its own; sweeps last two minutes at most, and one starts each minute.
    workers = 2 * int(of("WorkerMaximumConcurrency"))
    sweepers = int(of("SweeperReservedConcurrency")) or 2
    [buried] = [
        event["Properties"]["ScalingConfig"]["MaximumConcurrency"]
        for event in RESOURCES["DeadLettersFunction"]["Properties"]["Events"].values()
    ]
    inbox = int(of("InboxReservedConcurrency"))
    assert inbox
    most = api + workers + sweepers + buried + inbox + 1
    # RDS: memory / 9531392, of which an eighth to a quarter is not the instance's to give; and some for people.
    allowed = GIBIBYTES[of("DatabaseInstanceClass")] * 2**30 * 0.75 / 9_531_392 - 10
    assert most <= allowed
