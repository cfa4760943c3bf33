"""Every transform once, over frames made here and objects of a bucket; what it finds goes to `found.json`."""

import json
import sys
from datetime import datetime
from decimal import Decimal

import boto3
from awsglue.context import GlueContext
from awsglue.dynamicframe import DynamicFrame, DynamicFrameCollection
from awsglue.job import Job
from awsglue.transforms import (
    ApplyMapping,
    DropFields,
    DropNullFields,
    Filter,
    Join,
    Map,
    MapToCollection,
    Relationalize,
    RenameField,
    ResolveChoice,
    SelectFields,
    SelectFromCollection,
    Spigot,
    SplitFields,
    SplitRows,
    Unbox,
    UnnestFrame,
)
from awsglue.utils import getResolvedOptions
from awsgluedq.transforms import EvaluateDataQuality
from pyspark.context import SparkContext
from pyspark.sql import functions

args = getResolvedOptions(sys.argv, ["JOB_NAME", "bucket"])
bucket = args["bucket"]
context = GlueContext(SparkContext.getOrCreate())
spark = context.spark_session
job = Job(context)
job.init(args["JOB_NAME"], args)
found = {}


def rows(frame):
    """The rows as JSON has them, in order."""
    data = frame.toDF() if isinstance(frame, DynamicFrame) else frame
    made = [[str(value) if value is not None else None for value in row] for row in data.collect()]
    return sorted(made, key=str)


def kinds(frame):
    return [[field.name, field.dataType.simpleString()] for field in frame.schema().fields]


calls = DynamicFrame.fromDF(
    spark.createDataFrame(
        [
            (1, "2021-02-25 11:53", 5, None, ("Perth", "6000")),
            (2, "25-02-2021", -1, None, ("", None)),
            (3, None, 7, None, None),
        ],
        "id int, moment string, n bigint, empty void, place struct<city:string,zip:string>",
    ),
    context,
    "calls",
)

mapped = ApplyMapping.apply(
    frame=calls,
    mappings=[
        ("id", "int", "id", "string"),
        ("moment", "string", "moment", "timestamp"),
        ("n", "string", "wrong", "string"),
        ("place.city", "string", "city", "string"),
        ("place.zip", "string", "address.zip", "int"),
        ("n", "long", "address.n", "decimal"),
    ],
)
found["mapped"] = [kinds(mapped), rows(mapped)]
found["selected"] = kinds(SelectFields.apply(frame=calls, paths=["N", "place.zip", "nothing"]))
found["dropped"] = kinds(DropFields.apply(frame=calls, paths=["place.zip", "empty", "moment"]))
found["renamed"] = kinds(RenameField.apply(frame=calls, old_name="n", new_name="`a.b`"))
found["no nulls"] = kinds(DropNullFields.apply(frame=calls))
found["filtered"] = rows(
    Filter.apply(frame=calls, f=lambda row: row["place"]["city"] == "" or row["moment"] > "3").select_fields(["id"])
)


def doubled(record):
    record["n"] = record["n"] * 2
    record["at"] = datetime(2021, 1, record["id"])
    record["cost"] = Decimal("1.5")
    del record["place"]
    return record


try:
    Filter.apply(frame=calls, f=lambda row: row["nothing"] == 1).count()
except Exception as problem:
    found["no column"] = [line for line in str(problem).splitlines() if line.startswith("awsglue.records.NoSuchColumn")]

found["doubled"] = [kinds(Map.apply(frame=calls, f=doubled)), rows(Map.apply(frame=calls, f=doubled))]
found["resolved"] = kinds(ResolveChoice.apply(frame=calls, specs=[("id", "cast:long"), ("n", "make_cols")]))
other = DynamicFrame.fromDF(spark.createDataFrame([(1, "x"), (9, "y")], "id bigint, note string"), context, "other")
joined = Join.apply(frame1=calls, frame2=other, keys1=["id"], keys2=["id"])
found["joined"] = [[name for name, _ in kinds(joined)], joined.count()]
halves = SplitFields.apply(frame=calls, paths=["id", "n"], name1="numbers", name2="others")
found["split"] = {name: [column for column, _ in kinds(half)] for name, half in halves.items()}
low, high = SplitRows.apply(frame=calls, comparison_dict={"n": {">": 4, "<": 6}}, name1="in", name2="out").values()
found["split rows"] = [low.count(), high.count()]
renamed = MapToCollection.apply(dfc=halves, callable=lambda frame, ctx: frame.repartition(1))
found["picked"] = rows(SelectFromCollection.apply(dfc=renamed, key="numbers"))
merged = calls.select_fields(["id", "n"]).mergeDynamicFrame(other, ["id"])
found["merged"] = [kinds(merged), rows(merged)]
Spigot.apply(frame=calls.select_fields(["id"]), path=f"s3://{bucket}/spigot/", options={"topk": 2})

orders = spark.createDataFrame(
    [(1, [("a", 2), ("b", 3)], {"k": 1}), (2, [], None)],
    "o int, items array<struct<sku:string,n:int>>, tags map<string,int>",
)
flat = Relationalize.apply(frame=DynamicFrame.fromDF(orders, context, "orders"), staging_path="", name="root")
found["relational"] = {name: [[column for column, _ in kinds(frame)], frame.count()] for name, frame in flat.items()}
items = flat.select("root_items").toDF()
back = flat.select("root").toDF().join(items, functions.expr("items = id"))
found["relational rows"] = rows(back.select("o", "index", "`items.val.sku`"))
found["unnested"] = [name for name, _ in kinds(UnnestFrame.apply(frame=calls))]
texts = DynamicFrame.fromDF(
    spark.createDataFrame([('{"a": 1, "b": {"c": "x"}}',), (None,)], "j string"), context, "texts"
)
found["unboxed"] = kinds(Unbox.apply(frame=texts, path="j", format="json"))

outcomes = EvaluateDataQuality.apply(
    frame=calls,
    ruleset='Rules = [ RowCount = 3, IsComplete "moment" ]',
    publishing_options={"dataQualityEvaluationContext": "calls", "enableDataQualityResultsPublishing": True},
)
found["quality"] = [row[1] for row in outcomes.toDF().collect()]

# ---- files in S3
read = context.create_dynamic_frame.from_options
csv = read(
    connection_type="s3",
    connection_options={"paths": [f"s3://{bucket}/in/"], "recurse": True, "exclusions": '["**.bak"]'},
    format="csv",
    format_options={"withHeader": True, "separator": ";"},
    transformation_ctx="csv",
)
found["csv"] = [kinds(csv), rows(csv)]
json_rows = read(
    connection_type="s3",
    connection_options={"paths": [f"s3://{bucket}/deep.json"]},
    format="json",
    format_options={"jsonPath": "$.data[*]", "multiline": True},
)
found["json"] = [kinds(json_rows), rows(json_rows)]
context.write_dynamic_frame.from_options(
    frame=csv,
    connection_type="s3",
    connection_options={"path": f"s3://{bucket}/out/", "partitionKeys": ["kind"]},
    format="csv",
    format_options={"quoteChar": -1, "separator": "|"},
)
sink = context.getSink(
    path=f"s3://{bucket}/table/",
    connection_type="s3",
    updateBehavior="UPDATE_IN_DATABASE",
    partitionKeys=["kind"],
    enableUpdateCatalog=True,
    transformation_ctx="sink",
)
sink.setCatalogInfo(catalogDatabase=bucket, catalogTableName="made")
sink.setFormat("glueparquet", compression="snappy")
sink.writeFrame(csv)
made = context.create_dynamic_frame.from_catalog(database=bucket, table_name="made", push_down_predicate="kind = 'b c'")
found["table"] = rows(made)
context.write_dynamic_frame.from_catalog(frame=made, database=bucket, table_name="made")
found["appended"] = context.create_dynamic_frame.from_catalog(database=bucket, table_name="made").count()

# ---- Spark's own readers and writers
plain = spark.read.option("header", True).csv(f"s3://{bucket}/parts/")
found["parts"] = [plain.columns, rows(plain)]
found["glob"] = spark.read.csv(f"s3a://{bucket}/parts/year=202[12]/*.csv", header=True).count()
plain.write.partitionBy("year").parquet(f"s3://{bucket}/spark/")
try:
    plain.write.parquet(f"s3://{bucket}/spark/")
except Exception as problem:
    found["again"] = f"{type(problem).__name__}: {problem}"
plain.limit(1).write.mode("overwrite").format("json").save(f"s3://{bucket}/spark/")
found["overwritten"] = spark.read.load(f"s3://{bucket}/spark/", format="json").count()
found["lines"] = SparkContext.getOrCreate().textFile(f"s3://{bucket}/in/a.csv").count()
try:
    spark.read.parquet(f"s3://{bucket}/nowhere/")
except Exception as problem:
    found["nowhere"] = f"{type(problem).__name__}: {problem}"

several = DynamicFrameCollection({"one": csv, "two": csv}, context)
context.write_from_options(several, "s3", {"path": f"s3://{bucket}/several/"}, "json")
context.purge_s3_path(f"s3://{bucket}/several/two/", {"retentionPeriod": 0})
context.get_logger().info("all is found")
print("done", len(found))
boto3.client("s3").put_object(Bucket=bucket, Key="found.json", Body=json.dumps(found).encode())
job.commit()
