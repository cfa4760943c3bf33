"""What a run's role must be allowed.

Source: AWS Glue developer guide, "Configure IAM permissions for AWS Glue Data Quality", and "Troubleshooting AWS Glue
Data Quality errors".
"""

from __future__ import annotations

from collections.abc import Iterable

from ...errors import AwsError
from ..visualjob.execute import Place

LIBRARY = "jars/aws-glue-ml-data-quality-etl.jar"


class NotLaunched(AwsError):
    """The role cannot read AWS's library, without which no run begins there."""


def launch(place: Place) -> None:
    """Raises `NotLaunched` unless the role may read the library that AWS runs."""
    bucket = f"aws-glue-ml-data-quality-assets-{place.region}"
    if not place.session.allows("s3:GetObject", f"arn:aws:s3:::{bucket}/{LIBRARY}"):
        raise NotLaunched(
            f"LAUNCH ERROR | Error downloading from S3 for bucket: {bucket}, key: {LIBRARY}.Access Denied "
            "(Service: Amazon S3; Status Code: 403)"
        )


def require(place: Place, action: str, rulesets: Iterable[str]) -> None:
    """Raises `AccessDenied` unless the role may do this with each of the rulesets."""
    for name in rulesets:
        arn = f"arn:aws:glue:{place.region}:{place.account}:dataQualityRuleset/{name}"
        place.session.require(f"glue:{action}", arn)
