"""Executes generated scripts one after the other in one Spark session; how each ended goes to `ended.json`."""

import json
import sys
import traceback

import boto3
import runner
from pyspark.context import SparkContext

bucket = sys.argv[sys.argv.index("--bucket") + 1]
context = SparkContext()
# A script begins with a context of its own; starting Spark anew for each would take minutes.
SparkContext.__new__ = staticmethod(lambda cls, *_, **__: context)
SparkContext.__init__ = lambda self, *_, **__: None

s3, ended = boto3.client("s3"), {}
for name in json.loads(s3.get_object(Bucket=bucket, Key="cases.json")["Body"].read()):
    text = s3.get_object(Bucket=name, Key="scripts/job.py")["Body"].read().decode()
    try:
        exec(compile(text, f"{name}.py", "exec"), {"__name__": "__main__"})
        ended[name] = None
    except BaseException as problem:
        traceback.print_exc()
        ended[name] = runner.message_of(problem)
s3.put_object(Bucket=bucket, Key="ended.json", Body=json.dumps(ended).encode())
