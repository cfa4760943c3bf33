"""Spark SQL over tables of the Data Catalog; what it finds goes to `found.json`."""

import json
import sys

import boto3
from awsglue.context import GlueContext
from awsglue.dynamicframe import DynamicFrame
from pyspark.context import SparkContext

bucket = sys.argv[sys.argv.index("--bucket") + 1]
context = GlueContext(SparkContext())
spark = context.spark_session
found = {}


def rows(frame):
    return sorted(([str(value) for value in row] for row in frame.collect()), key=str)


def said(call):
    try:
        call()
    except Exception as problem:
        return f"{type(problem).__name__}: {str(problem).splitlines()[0]}"
    return "nothing"


calls = spark.sql(f"SELECT * FROM `{bucket}`.calls")
found["all"] = [calls.columns, rows(calls)]
spark.sql(f"CREATE OR REPLACE TEMP VIEW long AS SELECT id FROM `{bucket}`.calls WHERE seconds > 5")
found["view"] = rows(spark.sql("SELECT count(*) FROM long"))
spark.sql(f"USE `{bucket}`")
found["used"] = rows(spark.sql("WITH c AS (SELECT * FROM calls) SELECT max(seconds) FROM c JOIN names USING (id)"))
found["table"] = spark.table(f"`{bucket}`.names").count()
found["there"] = [spark.catalog.tableExists(f"{bucket}.calls"), spark.catalog.tableExists(f"{bucket}.nothing")]

more = DynamicFrame.fromDF(spark.createDataFrame([(3, 30)], "id bigint, seconds int"), context, "more")
context.write_dynamic_frame.from_catalog(frame=more, database=bucket, table_name="calls")
found["after"] = spark.sql("SELECT * FROM calls").count()
found["before"] = calls.count()

found["missing"] = said(lambda: spark.sql("SELECT * FROM nothing_of_that_name"))
found["insert"] = said(lambda: spark.sql("INSERT INTO calls VALUES (1, 2)"))
found["create"] = said(lambda: spark.sql("CREATE TABLE made AS SELECT 1 AS a"))
found["show"] = said(lambda: spark.sql("SHOW TABLES"))
found["save"] = said(lambda: calls.write.saveAsTable("made"))
found["wrong"] = said(lambda: spark.sql("SELEC 1"))
boto3.client("s3").put_object(Bucket=bucket, Key="found.json", Body=json.dumps(found).encode())
