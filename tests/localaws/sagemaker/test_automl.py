"""AutoML jobs over HTTP: what they learn, where they put it, what they refuse."""

from __future__ import annotations

import io
import json
import os
import signal
import tarfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from cdr_helpers import localaws
from tests.localaws.sagemaker.conftest import channel, csv, over, people

Record = dict[str, Any]
SMALL = {"CompletionCriteria": {"MaxCandidates": 1}}
BINARY = {"TargetAttributeName": "churn", "ProblemType": "BinaryClassification", "Mode": "ENSEMBLING"}


def body(s3: Any, uri: str) -> bytes:
    bucket, _, key = uri.removeprefix("s3://").partition("/")
    found: bytes = s3.get_object(Bucket=bucket, Key=key)["Body"].read()
    return found


@pytest.fixture(scope="module")
def done(client: Callable[..., Any], role: str) -> tuple[Record, list[Record]]:
    """One job with four candidates, for all tests of `TestBinary`: its description and its candidates."""
    s3, sagemaker = client("s3"), client("sagemaker")
    s3.create_bucket(Bucket="automl-binary", CreateBucketConfiguration={"LocationConstraint": s3.meta.region_name})
    for part in range(2):
        text = csv(people(600, seed=part), "id")
        s3.put_object(Bucket="automl-binary", Key=f"train/part-{part}.csv", Body=text)
    sagemaker.create_auto_ml_job_v2(
        AutoMLJobName="binary",
        AutoMLJobInputDataConfig=[channel("s3://automl-binary/train/")],
        OutputDataConfig={"S3OutputPath": "s3://automl-binary/models"},
        AutoMLProblemTypeConfig={"TabularJobConfig": {**BINARY, "CompletionCriteria": {"MaxCandidates": 4}}},
        AutoMLJobObjective={"MetricName": "AUC"},
        RoleArn=role,
        Tags=[{"Key": "team", "Value": "fraud"}],
    )
    job = over(lambda: sagemaker.describe_auto_ml_job_v2(AutoMLJobName="binary"), "AutoMLJobStatus")
    return job, sagemaker.list_candidates_for_auto_ml_job(AutoMLJobName="binary")["Candidates"]


class TestBinary:
    def test_it_completes_with_the_candidates_that_were_asked_for(self, done: tuple[Record, list[Record]]) -> None:
        job, candidates = done
        assert (job["AutoMLJobStatus"], job["AutoMLJobSecondaryStatus"]) == ("Completed", "Completed")
        assert job["AutoMLProblemTypeConfigName"] == "Tabular"
        assert [each["CandidateStatus"] for each in candidates] == ["Completed"] * 4
        assert candidates[-1]["CandidateName"] == "WeightedEnsemble-L2"

    def test_the_best_is_the_best_by_the_objective(self, done: tuple[Record, list[Record]]) -> None:
        job, candidates = done
        values = [each["FinalAutoMLJobObjectiveMetric"]["Value"] for each in candidates]
        best = job["BestCandidate"]["FinalAutoMLJobObjectiveMetric"]
        assert best["Value"] == max(values)
        assert (best["MetricName"], best["Type"]) == ("AUC", "Maximize")
        assert best["Value"] > 0.9

    def test_candidates_come_in_the_order_of_the_objective(
        self, client: Callable[..., Any], done: tuple[Record, list[Record]]
    ) -> None:
        found = client("sagemaker").list_candidates_for_auto_ml_job(
            AutoMLJobName="binary", SortBy="FinalObjectiveMetricValue", SortOrder="Descending", MaxResults=3
        )
        values = [each["FinalAutoMLJobObjectiveMetric"]["Value"] for each in found["Candidates"]]
        assert values == sorted(values, reverse=True)
        assert len(values) == 3 and found["NextToken"]

    def test_each_model_is_an_archive_that_says_what_it_is(
        self, client: Callable[..., Any], done: tuple[Record, list[Record]]
    ) -> None:
        for each in done[1]:
            uri = each["InferenceContainers"][0]["ModelDataUrl"]
            assert uri == (
                f"s3://automl-binary/models/binary/sagemaker-automl-candidates/model/{each['CandidateName']}/model.tar.gz"
            )
            with tarfile.open(fileobj=io.BytesIO(body(client("s3"), uri))) as archive:
                about = json.loads(archive.extractfile("metadata.json").read())  # type: ignore[union-attr]
            assert about["labels"] == ["no", "yes"]
            assert about["features"]["plan"] == "categorical" and about["features"]["joined"] == "datetime"

    def test_the_reports_agree_with_the_metrics(
        self, client: Callable[..., Any], done: tuple[Record, list[Record]]
    ) -> None:
        best = done[0]["BestCandidate"]
        places = best["CandidateProperties"]["CandidateArtifactLocations"]
        report = json.loads(body(client("s3"), places["ModelInsights"] + "/statistics.json"))
        measured = report["binary_classification_metrics"]
        metrics = {
            each["StandardMetricName"]: each["Value"] for each in best["CandidateProperties"]["CandidateMetrics"]
        }
        table = measured["confusion_matrix"]
        rows = sum(count for line in table.values() for count in line.values())
        assert rows == report["dataset"]["item_count"] == 240
        assert measured["auc"]["value"] == pytest.approx(metrics["AUC"])
        assert (table["no"]["no"] + table["yes"]["yes"]) / rows == pytest.approx(metrics["Accuracy"])

    def test_the_features_that_matter_are_named(
        self, client: Callable[..., Any], done: tuple[Record, list[Record]]
    ) -> None:
        places = done[0]["BestCandidate"]["CandidateProperties"]["CandidateArtifactLocations"]
        report = json.loads(body(client("s3"), places["Explainability"] + "/analysis.json"))
        values = report["explanations"]["kernel_shap"]["label0"]["global_shap_values"]
        order = sorted(values, key=values.get, reverse=True)
        assert set(order[:3]) == {"calls", "complaints", "plan"}

    def test_the_data_exploration_notebook_opens(
        self, client: Callable[..., Any], done: tuple[Record, list[Record]]
    ) -> None:
        import nbformat

        text = body(client("s3"), done[0]["AutoMLJobArtifacts"]["DataExplorationNotebookLocation"]).decode()
        notebook = nbformat.reads(text, as_version=4)
        nbformat.validate(notebook)
        assert "1,200 rows" in notebook.cells[0].source

    def test_a_step_of_a_candidate_can_be_described(
        self, client: Callable[..., Any], done: tuple[Record, list[Record]]
    ) -> None:
        step = done[0]["BestCandidate"]["CandidateSteps"][0]
        found = client("sagemaker").describe_training_job(TrainingJobName=step["CandidateStepName"])
        assert found["TrainingJobArn"] == step["CandidateStepArn"]
        assert found["TrainingJobStatus"] == "Completed"
        assert found["AutoMLJobArn"] == done[0]["AutoMLJobArn"]

    def test_it_is_listed_and_tagged(self, client: Callable[..., Any], done: tuple[Record, list[Record]]) -> None:
        sagemaker, arn = client("sagemaker"), done[0]["AutoMLJobArn"]
        found = sagemaker.list_auto_ml_jobs(NameContains="bina", StatusEquals="Completed")["AutoMLJobSummaries"]
        assert [each["AutoMLJobName"] for each in found] == ["binary"]
        sagemaker.add_tags(ResourceArn=arn, Tags=[{"Key": "stage", "Value": "test"}])
        sagemaker.delete_tags(ResourceArn=arn, TagKeys=["team"])
        assert sagemaker.list_tags(ResourceArn=arn)["Tags"] == [{"Key": "stage", "Value": "test"}]

    def test_the_name_cannot_be_used_again(
        self, client: Callable[..., Any], role: str, done: tuple[Record, list[Record]]
    ) -> None:
        with pytest.raises(ClientError, match="ResourceInUse"):
            client("sagemaker").create_auto_ml_job_v2(
                AutoMLJobName="BINARY",
                AutoMLJobInputDataConfig=[channel("s3://automl-binary/train/")],
                OutputDataConfig={"S3OutputPath": "s3://automl-binary/models"},
                AutoMLProblemTypeConfig={"TabularJobConfig": {"TargetAttributeName": "churn"}},
                RoleArn=role,
            )


class TestKinds:
    """Problems, inputs and limits, each with as few candidates as show it."""

    def test_several_classes_are_inferred(
        self, client: Callable[..., Any], bucket: str, automl: Callable[..., Record]
    ) -> None:
        client("s3").put_object(Bucket=bucket, Key="train/a.csv", Body=csv(people(600), "id"))
        job = automl({"TargetAttributeName": "plan", **SMALL})
        assert job["AutoMLJobStatus"] == "Completed", job.get("FailureReason")
        resolved = job["ResolvedAttributes"]
        assert resolved["AutoMLJobObjective"]["MetricName"] == "Accuracy"
        kind = resolved["AutoMLProblemTypeResolvedAttributes"]["TabularResolvedAttributes"]["ProblemType"]
        assert kind == "MulticlassClassification"

    def test_numbers_are_learned_by_regression(
        self, client: Callable[..., Any], bucket: str, automl: Callable[..., Record]
    ) -> None:
        rows = [row | {"bill": 3 * row["calls"] + 10 * row["complaints"]} for row in people(600)]
        client("s3").put_object(Bucket=bucket, Key="train/a.csv", Body=csv(rows, "id", "churn"))
        config = {"TargetAttributeName": "bill", "ProblemType": "Regression"}
        algorithms = {"CandidateGenerationConfig": {"AlgorithmsConfig": [{"AutoMLAlgorithms": ["lightgbm"]}]}}
        job = automl({**config, **algorithms, **SMALL}, "R2")
        best = job["BestCandidate"]
        assert best["CandidateName"] == "HistGradientBoosting-t1"
        assert best["FinalAutoMLJobObjectiveMetric"]["Value"] > 0.95

    def test_parquet_compressed_csv_and_a_validation_channel(
        self, client: Callable[..., Any], bucket: str, automl: Callable[..., Record]
    ) -> None:
        import gzip

        import pandas as pd

        data = io.BytesIO()
        pd.DataFrame(people(600)).to_parquet(data)
        s3 = client("s3")
        s3.put_object(Bucket=bucket, Key="train/part-without-ending", Body=data.getvalue())
        s3.put_object(Bucket=bucket, Key="held/a.csv.gz", Body=gzip.compress(csv(people(200, seed=9)).encode()))
        features = {"FeatureAttributeNames": ["calls", "complaints"]}
        s3.put_object(Bucket=bucket, Key="spec/features.json", Body=json.dumps(features))
        parquet = channel(f"s3://{bucket}/train/", "x-application/vnd.amazon+parquet")
        held = channel(f"s3://{bucket}/held/", kind="validation", CompressionType="Gzip")
        spec = {"FeatureSpecificationS3Uri": f"s3://{bucket}/spec/features.json"}
        job = automl({**BINARY, **spec, **SMALL}, "F1", channels=[parquet, held])
        assert job["AutoMLJobStatus"] == "Completed", job.get("FailureReason")
        places = job["BestCandidate"]["CandidateProperties"]["CandidateArtifactLocations"]
        shap = json.loads(body(s3, places["Explainability"] + "/analysis.json"))["explanations"]["kernel_shap"]
        assert set(shap["label0"]["global_shap_values"]) == {"calls", "complaints"}
        report = json.loads(body(s3, places["ModelInsights"] + "/statistics.json"))
        assert report["dataset"]["item_count"] == 200

    def test_a_manifest_names_the_files(
        self, client: Callable[..., Any], bucket: str, automl: Callable[..., Record]
    ) -> None:
        s3 = client("s3")
        s3.put_object(Bucket=bucket, Key="data/a.csv", Body=csv(people(600), "id"))
        s3.put_object(Bucket=bucket, Key="data/no.csv", Body="other,columns\n1,2\n")
        s3.put_object(Bucket=bucket, Key="m.json", Body=json.dumps([{"prefix": f"s3://{bucket}/data/"}, "a.csv"]))
        found = channel(f"s3://{bucket}/m.json", data_type="ManifestFile")
        job = automl({**BINARY, "GenerateCandidateDefinitionsOnly": True}, "F1", channels=[found])
        assert job["AutoMLJobSecondaryStatus"] == "CandidateDefinitionsGenerated", job.get("FailureReason")
        assert "BestCandidate" not in job

    def test_tuning_tries_settings(
        self, client: Callable[..., Any], bucket: str, automl: Callable[..., Record]
    ) -> None:
        client("s3").put_object(Bucket=bucket, Key="train/a.csv", Body=csv(people(600), "id"))
        criteria = {"CompletionCriteria": {"MaxCandidates": 3}}
        config = {**BINARY, "Mode": "HYPERPARAMETER_TUNING", **criteria}
        algorithms = {"CandidateGenerationConfig": {"AlgorithmsConfig": [{"AutoMLAlgorithms": ["linear-learner"]}]}}
        job = automl({**config, **algorithms}, "F1")
        name = job["AutoMLJobName"]
        found = client("sagemaker").list_candidates_for_auto_ml_job(AutoMLJobName=name)["Candidates"]
        assert [each["CandidateName"] for each in found] == [f"LinearModel-t{at}" for at in (1, 2, 3)]

    def test_a_job_out_of_time_keeps_what_it_has(
        self, client: Callable[..., Any], bucket: str, automl: Callable[..., Record]
    ) -> None:
        # Few people, so that a slow machine too has a candidate by then.
        client("s3").put_object(Bucket=bucket, Key="train/a.csv", Body=csv(people(800), "id"))
        criteria = {"CompletionCriteria": {"MaxCandidates": 700, "MaxAutoMLJobRuntimeInSeconds": 12}}
        job = automl({**BINARY, "Mode": "HYPERPARAMETER_TUNING", **criteria}, "F1")
        assert (job["AutoMLJobStatus"], job["AutoMLJobSecondaryStatus"]) == ("Completed", "MaxAutoMLJobRuntimeReached")
        assert job["BestCandidate"]["CandidateStatus"] == "Completed"

    def test_a_job_stops_when_told(self, client: Callable[..., Any], bucket: str, role: str, name: str) -> None:
        client("s3").put_object(Bucket=bucket, Key="train/a.csv", Body=csv(people(4000), "id"))
        sagemaker, job = client("sagemaker"), name.replace("test-", "job-")
        config = {**BINARY, "Mode": "HYPERPARAMETER_TUNING"}
        sagemaker.create_auto_ml_job_v2(
            AutoMLJobName=job,
            AutoMLJobInputDataConfig=[channel(f"s3://{bucket}/train/")],
            OutputDataConfig={"S3OutputPath": f"s3://{bucket}/models/"},
            AutoMLProblemTypeConfig={"TabularJobConfig": config},
            AutoMLJobObjective={"MetricName": "F1"},
            RoleArn=role,
        )
        sagemaker.stop_auto_ml_job(AutoMLJobName=job)
        found = over(lambda: sagemaker.describe_auto_ml_job_v2(AutoMLJobName=job), "AutoMLJobStatus")
        assert (found["AutoMLJobStatus"], found["AutoMLJobSecondaryStatus"]) == ("Stopped", "Stopped")


FAILURES = {
    "too few rows": (csv(people(100), "id"), BINARY, "has 100 rows with a value in churn; at least 500 are required"),
    "no such target": (csv(people(600), "id"), BINARY | {"TargetAttributeName": "gone"}, "there is no column gone"),
    "one class": (
        csv([row | {"churn": "no"} for row in people(600)], "id"),
        BINARY,
        "needs two values in churn; it has 1: no",
    ),
    "no numbers": (
        csv(people(600), "id"),
        {"TargetAttributeName": "plan", "ProblemType": "Regression"},
        "regression needs numbers in plan",
    ),
    "another header": ("a,b\n1,2\n", BINARY, "has other columns than"),
    "nothing": ("", BINARY, "the input files hold no rows"),
}


@pytest.mark.parametrize("case", FAILURES)
def test_data_that_does_not_allow_it_fails_with_the_reason(
    client: Callable[..., Any], bucket: str, automl: Callable[..., Record], case: str
) -> None:
    text, config, reason = FAILURES[case]
    if case == "another header":
        client("s3").put_object(Bucket=bucket, Key="train/0.csv", Body=csv(people(600), "id"))
    client("s3").put_object(Bucket=bucket, Key="train/1.csv", Body=text or "\n")
    job = automl(config, "R2" if config.get("ProblemType") == "Regression" else "F1")
    assert job["AutoMLJobStatus"] == job["AutoMLJobSecondaryStatus"] == "Failed"
    assert reason in job["FailureReason"]


def test_an_empty_prefix_fails_in_aws_words(bucket: str, automl: Callable[..., Record]) -> None:
    job = automl(BINARY, "F1")
    assert f'No S3 objects found under S3 URL "s3://{bucket}/train/" given in input data source' in job["FailureReason"]


def test_a_role_that_may_not_read_fails_the_job(
    client: Callable[..., Any], bucket: str, automl: Callable[..., Record], make_sagemaker_role: Callable[..., str]
) -> None:
    client("s3").put_object(Bucket=bucket, Key="train/a.csv", Body=csv(people(600), "id"))
    lists = {"Effect": "Allow", "Action": "s3:ListBucket", "Resource": "*"}
    job = automl(BINARY, "F1", RoleArn=make_sagemaker_role(f"{bucket}-lists", lists))
    assert job["AutoMLJobStatus"] == "Failed"
    assert f"assumed-role/{bucket}-lists/SageMaker is not authorized to perform: s3:GetObject" in job["FailureReason"]


REFUSED: dict[str, tuple[Record, str, str]] = {
    "name": (
        {"AutoMLJobName": "no_underscores"},
        "ValidationException",
        "'autoMLJobName' failed to satisfy constraint",
    ),
    "long name": ({"AutoMLJobName": "n" * 33}, "ValidationException", "length less than or equal to 32"),
    "objective alone": (
        {"AutoMLProblemTypeConfig": {"TabularJobConfig": {"TargetAttributeName": "churn"}}},
        "ValidationException",
        "AutoMLJobObjective and ProblemType must be specified together",
    ),
    "objective of another problem": (
        {"AutoMLJobObjective": {"MetricName": "RMSE"}},
        "ValidationException",
        "RMSE is not supported for problem type BinaryClassification",
    ),
    "no such metric": (
        {"AutoMLJobObjective": {"MetricName": "Best"}},
        "ValidationException",
        "Member must satisfy enum value set: [AUC, Accuracy",
    ),
    "candidates": (
        {"AutoMLProblemTypeConfig": {"TabularJobConfig": {**BINARY, "CompletionCriteria": {"MaxCandidates": 751}}}},
        "ValidationException",
        "less than or equal to 750",
    ),
    "fraction": (
        {"DataSplitConfig": {"ValidationFraction": 1.0}},
        "ValidationException",
        "ValidationFraction must be greater than 0",
    ),
    "images": (
        {"AutoMLProblemTypeConfig": {"ImageClassificationJobConfig": {}}},
        "NotImplementedException",
        "ImageClassificationJobConfig",
    ),
    "role": (
        {"RoleArn": "arn:aws:iam::123456789012:role/nobody"},
        "ValidationException",
        "Could not assume role arn:aws:iam::123456789012:role/nobody. Please ensure that the role exists and allows "
        "principal 'sagemaker.amazonaws.com' to assume the role.",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_requests_that_aws_refuses(client: Callable[..., Any], bucket: str, role: str, case: str) -> None:
    changes, code, text = REFUSED[case]
    request: Record = {
        "AutoMLJobName": "refused",
        "AutoMLJobInputDataConfig": [channel(f"s3://{bucket}/train/")],
        "OutputDataConfig": {"S3OutputPath": f"s3://{bucket}/models/"},
        "AutoMLProblemTypeConfig": {"TabularJobConfig": BINARY},
        "AutoMLJobObjective": {"MetricName": "F1"},
        "RoleArn": role,
    }
    with pytest.raises(ClientError) as refused:
        client("sagemaker").create_auto_ml_job_v2(**(request | changes))
    assert refused.value.response["Error"]["Code"] == code
    assert text in refused.value.response["Error"]["Message"]
    with pytest.raises(ClientError, match="ResourceNotFound"):
        client("sagemaker").describe_auto_ml_job_v2(AutoMLJobName="refused")


def test_what_is_not_done_is_refused_by_name(client: Callable[..., Any], role: str) -> None:
    with pytest.raises(ClientError, match="SageMaker's CreateTrainingJob"):
        client("sagemaker").create_training_job(
            TrainingJobName="a",
            AlgorithmSpecification={"TrainingImage": "image", "TrainingInputMode": "File"},
            RoleArn=role,
            OutputDataConfig={"S3OutputPath": "s3://nowhere/"},
            ResourceConfig={"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 1},
            StoppingCondition={"MaxRuntimeInSeconds": 60},
        )


def test_a_killed_endpoint_leaves_a_failed_job_and_no_process(
    tmp_path: Path, client_at: Callable[..., Callable[..., Any]]
) -> None:
    import psutil

    home = tmp_path / "home"
    running = localaws.start(home)
    clients = client_at(running)
    s3, iam, sagemaker = clients("s3"), clients("iam"), clients("sagemaker")
    s3.create_bucket(Bucket="killed", CreateBucketConfiguration={"LocationConstraint": running.region})
    s3.put_object(Bucket="killed", Key="train/a.csv", Body=csv(people(5000), "id"))
    trust = {"Effect": "Allow", "Principal": {"Service": "sagemaker.amazonaws.com"}, "Action": "sts:AssumeRole"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    arn = iam.create_role(RoleName="killed", AssumeRolePolicyDocument=document)["Role"]["Arn"]
    allow = {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [allow]})
    iam.put_role_policy(RoleName="killed", PolicyName="own", PolicyDocument=policy)
    sagemaker.create_auto_ml_job_v2(
        AutoMLJobName="killed",
        AutoMLJobInputDataConfig=[channel("s3://killed/train/")],
        OutputDataConfig={"S3OutputPath": "s3://killed/models/"},
        AutoMLProblemTypeConfig={"TabularJobConfig": {**BINARY, "Mode": "HYPERPARAMETER_TUNING"}},
        AutoMLJobObjective={"MetricName": "F1"},
        RoleArn=arn,
    )
    end = time.monotonic() + 60
    while not sagemaker.list_candidates_for_auto_ml_job(AutoMLJobName="killed", StatusEquals="Completed")["Candidates"]:
        assert time.monotonic() < end
        time.sleep(0.05)
    children = psutil.Process(running.pid).children()
    assert children
    os.kill(running.pid, signal.SIGKILL)
    assert not psutil.wait_procs(children, timeout=10)[1]

    sagemaker = client_at(localaws.start(home))("sagemaker")
    job = sagemaker.describe_auto_ml_job_v2(AutoMLJobName="killed")
    assert job["AutoMLJobStatus"] == "Failed"
    assert "stopped while the job was running" in job["FailureReason"]
    states = sagemaker.list_candidates_for_auto_ml_job(AutoMLJobName="killed")["Candidates"]
    assert {each["CandidateStatus"] for each in states} <= {"Completed", "Failed"}
    localaws.stop(home)
