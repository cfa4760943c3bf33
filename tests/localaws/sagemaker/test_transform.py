"""Models and transform jobs over HTTP: rows in, predictions out."""

from __future__ import annotations

import csv as csvfile
import io
import json
import tarfile
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.localaws.sagemaker.conftest import channel, csv, over, people

Record = dict[str, Any]
ALL = "predicted_label,probability,probabilities,labels"


@pytest.fixture(scope="module")
def trained(client: Callable[..., Any], role: str) -> Record:
    """The container of a model that tells `churn`, trained once."""
    s3, sagemaker = client("s3"), client("sagemaker")
    s3.create_bucket(Bucket="transform-model", CreateBucketConfiguration={"LocationConstraint": s3.meta.region_name})
    s3.put_object(Bucket="transform-model", Key="train/a.csv", Body=csv(people(900), "id"))
    config = {"TargetAttributeName": "churn", "ProblemType": "BinaryClassification"}
    sagemaker.create_auto_ml_job_v2(
        AutoMLJobName="for-transforms",
        AutoMLJobInputDataConfig=[channel("s3://transform-model/train/")],
        OutputDataConfig={"S3OutputPath": "s3://transform-model/models/"},
        AutoMLProblemTypeConfig={"TabularJobConfig": {**config, "CompletionCriteria": {"MaxCandidates": 1}}},
        AutoMLJobObjective={"MetricName": "F1"},
        RoleArn=role,
    )
    job = over(lambda: sagemaker.describe_auto_ml_job_v2(AutoMLJobName="for-transforms"), "AutoMLJobStatus")
    found: Record = job["BestCandidate"]["InferenceContainers"][0]
    return found


@pytest.fixture
def model(client: Callable[..., Any], trained: Record, role: str, name: str) -> Callable[..., str]:
    """`model(outputs)`: the name of a model that returns these."""

    def make(outputs: str | None = None, **changes: Any) -> str:
        environment = trained["Environment"] | ({"SAGEMAKER_INFERENCE_OUTPUT": outputs} if outputs else {})
        container = trained | {"Environment": environment} | changes
        client("sagemaker").create_model(ModelName=name, PrimaryContainer=container, ExecutionRoleArn=role)
        return name

    return make


def rows_of(s3: Any, bucket: str, key: str) -> list[list[str]]:
    text = s3.get_object(Bucket=bucket, Key=key)["Body"].read().decode()
    return list(csvfile.reader(io.StringIO(text)))


def test_each_row_gets_its_prediction(
    client: Callable[..., Any], bucket: str, model: Callable[..., str], transform: Callable[..., Record]
) -> None:
    s3, held = client("s3"), people(300, seed=7)
    s3.put_object(Bucket=bucket, Key="in/a.csv", Body=csv(held[:200], "churn", header=False))
    s3.put_object(Bucket=bucket, Key="in/more/b.csv", Body=csv(held[200:], "churn", header=False))
    processing = {"InputFilter": "$[1:]", "JoinSource": "Input", "OutputFilter": "$[0,-4,-3,-2,-1]"}
    job = transform(model(ALL), bucket, DataProcessing=processing)
    assert job["TransformJobStatus"] == "Completed", job.get("FailureReason")
    assert job["TransformStartTime"] <= job["TransformEndTime"]
    found = rows_of(s3, bucket, "out/a.csv.out") + rows_of(s3, bucket, "out/more/b.csv.out")
    assert [row[0] for row in found] == [str(row["id"]) for row in held]
    for _, label, probability, probabilities, labels in found:
        chances = dict(zip(json.loads(labels.replace("'", '"')), json.loads(probabilities), strict=True))
        assert float(probability) == max(chances.values()) == chances[label]
        assert sum(chances.values()) == pytest.approx(1)
    right = sum(row[1] == person["churn"] for row, person in zip(found, held, strict=True))
    assert right > 255


def test_without_a_choice_it_returns_the_label(
    client: Callable[..., Any], bucket: str, model: Callable[..., str], transform: Callable[..., Record]
) -> None:
    client("s3").put_object(Bucket=bucket, Key="in/a.csv", Body=csv(people(50), "id", "churn", header=False))
    assert transform(model(), bucket)["TransformJobStatus"] == "Completed"
    assert {row[0] for row in rows_of(client("s3"), bucket, "out/a.csv.out")} == {"yes", "no"}


def test_missing_fields_and_new_categories_are_scored(
    client: Callable[..., Any], bucket: str, model: Callable[..., str], transform: Callable[..., Record]
) -> None:
    text = '3,,"plan, new",0.5,2021-01-01\n\\N,4,basic,0.5,\n'
    client("s3").put_object(Bucket=bucket, Key="in/a.csv", Body=text)
    assert transform(model(ALL), bucket)["TransformJobStatus"] == "Completed"
    assert len(rows_of(client("s3"), bucket, "out/a.csv.out")) == 2


FAILURES = {
    "fields": ("1,2,3\n", {}, "in/a.csv, line 1: 3 fields, but the model takes 5: calls, complaints, plan"),
    "header": ("calls,complaints,plan,noise,joined\n1,2,a,0,2021-01-01\n", {}, "begins with a header"),
    "output": ("1,2,a,0,2021-01-01\n", {"Environment": {"SAGEMAKER_INFERENCE_OUTPUT": "odds"}}, "cannot be odds"),
}


@pytest.mark.parametrize("case", FAILURES)
def test_input_that_cannot_be_scored_fails_with_the_place(
    client: Callable[..., Any], bucket: str, model: Callable[..., str], transform: Callable[..., Record], case: str
) -> None:
    text, settings, reason = FAILURES[case]
    client("s3").put_object(Bucket=bucket, Key="in/a.csv", Body=text)
    job = transform(model(), bucket, **settings)
    assert job["TransformJobStatus"] == "Failed"
    assert reason in job["FailureReason"]
    assert "Contents" not in client("s3").list_objects_v2(Bucket=bucket, Prefix="out/")


def test_only_models_that_were_made_here_are_run(
    client: Callable[..., Any], bucket: str, model: Callable[..., str], transform: Callable[..., Record]
) -> None:
    data = io.BytesIO()
    with tarfile.open(fileobj=data, mode="w:gz") as archive:
        archive.addfile(tarfile.TarInfo("model.joblib"))
    client("s3").put_object(Bucket=bucket, Key="model.tar.gz", Body=data.getvalue())
    client("s3").put_object(Bucket=bucket, Key="in/a.csv", Body="1\n")
    job = transform(model(ModelDataUrl=f"s3://{bucket}/model.tar.gz"), bucket)
    assert job["TransformJobStatus"] == "Failed"
    assert "was not made by an AutoML job here" in job["FailureReason"]


def test_nothing_to_score_fails_in_aws_words(
    bucket: str, model: Callable[..., str], transform: Callable[..., Record]
) -> None:
    job = transform(model(), bucket)
    assert f'No S3 objects found under S3 URL "s3://{bucket}/in/"' in job["FailureReason"]


def test_a_role_that_may_not_write_fails_the_job(
    client: Callable[..., Any],
    bucket: str,
    trained: Record,
    name: str,
    transform: Callable[..., Record],
    make_sagemaker_role: Callable[..., str],
) -> None:
    reads = {"Effect": "Allow", "Action": ["s3:ListBucket", "s3:GetObject"], "Resource": "*"}
    arn = make_sagemaker_role(f"{name}-reads", reads)
    client("sagemaker").create_model(ModelName=name, PrimaryContainer=trained, ExecutionRoleArn=arn)
    client("s3").put_object(Bucket=bucket, Key="in/a.csv", Body=csv(people(5), "id", "churn", header=False))
    job = transform(name, bucket)
    assert job["TransformJobStatus"] == "Failed"
    assert "is not authorized to perform: s3:PutObject" in job["FailureReason"]


class TestModels:
    def test_they_are_described_listed_and_deleted(self, client: Callable[..., Any], model: Callable[..., str]) -> None:
        sagemaker, name = client("sagemaker"), model()
        assert sagemaker.describe_model(ModelName=name)["PrimaryContainer"]["ModelDataUrl"].endswith("/model.tar.gz")
        assert [each["ModelName"] for each in sagemaker.list_models(NameContains=name)["Models"]] == [name]
        sagemaker.delete_model(ModelName=name)
        with pytest.raises(ClientError) as gone:
            sagemaker.describe_model(ModelName=name)
        arn = f"arn:aws:sagemaker:{sagemaker.meta.region_name}:123456789012:model/{name}"
        assert gone.value.response["Error"] == {
            "Code": "ValidationException",
            "Message": f'Could not find model "{arn}".',
        }

    def test_a_name_is_taken_once(self, model: Callable[..., str]) -> None:
        model()
        with pytest.raises(ClientError, match="Cannot create already existing model"):
            model()

    def test_model_data_must_be_there(self, bucket: str, model: Callable[..., str]) -> None:
        with pytest.raises(ClientError, match=f"Could not find model data at s3://{bucket}/none.tar.gz."):
            model(ModelDataUrl=f"s3://{bucket}/none.tar.gz")

    def test_model_data_must_be_readable_for_the_role(
        self, client: Callable[..., Any], trained: Record, name: str, make_sagemaker_role: Callable[..., str]
    ) -> None:
        nothing = {"Effect": "Allow", "Action": "s3:ListBucket", "Resource": "*"}
        arn = make_sagemaker_role(f"{name}-nothing", nothing)
        with pytest.raises(ClientError, match="Could not access model data at"):
            client("sagemaker").create_model(ModelName=name, PrimaryContainer=trained, ExecutionRoleArn=arn)


class TestTransformJobs:
    def test_they_are_listed_and_cannot_be_stopped_when_over(
        self, client: Callable[..., Any], bucket: str, model: Callable[..., str], transform: Callable[..., Record]
    ) -> None:
        client("s3").put_object(Bucket=bucket, Key="in/a.csv", Body=csv(people(5), "id", "churn", header=False))
        name, sagemaker = model(), client("sagemaker")
        transform(name, bucket)
        found = sagemaker.list_transform_jobs(NameContains=bucket)["TransformJobSummaries"]
        assert [(each["TransformJobName"], each["TransformJobStatus"]) for each in found] == [(bucket, "Completed")]
        with pytest.raises(ClientError, match="ValidationException"):
            sagemaker.stop_transform_job(TransformJobName=bucket)
        with pytest.raises(ClientError, match="a transform job with this name already exists"):
            transform(name, bucket)

    def test_a_missing_one_is_said_to_be_missing(self, client: Callable[..., Any]) -> None:
        with pytest.raises(ClientError, match="Could not find requested job with name: nothing"):
            client("sagemaker").describe_transform_job(TransformJobName="nothing")

    @pytest.mark.parametrize("text", ["$[", "$.a", "[1:]", "$[a]"])
    def test_filters_that_csv_cannot_have_are_refused(
        self, bucket: str, model: Callable[..., str], transform: Callable[..., Record], text: str
    ) -> None:
        with pytest.raises(ClientError, match="InputFilter"):
            transform(model(), bucket, DataProcessing={"InputFilter": text})

    def test_a_join_needs_lines(self, bucket: str, model: Callable[..., str], transform: Callable[..., Record]) -> None:
        with pytest.raises(ClientError, match="SplitType and AssembleWith must both be Line"):
            transform(model(), bucket, split={"SplitType": "None"}, DataProcessing={"JoinSource": "Input"})
