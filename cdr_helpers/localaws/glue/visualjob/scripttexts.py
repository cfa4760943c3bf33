"""Imports and helper functions that scripts define when a node needs them. They are ours; their names are those that
Glue Studio's scripts use."""

from __future__ import annotations

_FRAME = "from awsglue.dynamicframe import DynamicFrame"
_COLLECTION = "from awsglue.dynamicframe import DynamicFrameCollection"
_FUNCTIONS = "from pyspark.sql import functions as SqlFuncs"
_TYPES = "from pyspark.sql import types as SqlTypes"

IMPORTS: dict[str, tuple[str, ...]] = {
    "re": ("import re",),
    "frame": (_FRAME,),
    "sql": (_FRAME,),
    "union": (_FRAME,),
    "aggregate": (_FRAME, _FUNCTIONS),
    "route": (_FRAME, _COLLECTION),
    "collection": (_FRAME, _COLLECTION),
    "nulls": (_TYPES,),
    "gsColumns": (_FRAME, _FUNCTIONS),
    "gsNullRows": (_FRAME, _FUNCTIONS, _TYPES),
    "gsFlatten": (_FRAME, _FUNCTIONS, _TYPES),
    "gsPivot": (_FRAME, _FUNCTIONS),
    "quality": ("from awsgluedq.transforms import EvaluateDataQuality",),
    "evaluate": ("from awsgluedq.transforms import EvaluateDataQuality",),
}

HELPERS: dict[str, str] = {
    "quality": '''
# The ruleset that every target with automatic data quality is checked against
DEFAULT_DATA_QUALITY_RULESET = """
    Rules = [
        ColumnCount > 0
    ]
"""''',
    "sql": """
def sparkSqlQuery(glueContext, query, mapping, transformation_ctx) -> DynamicFrame:
    for alias, frame in mapping.items():
        frame.toDF().createOrReplaceTempView(alias)
    result = spark.sql(query)
    return DynamicFrame.fromDF(result, glueContext, transformation_ctx)""",
    "union": """
def sparkUnion(glueContext, unionType, mapping, transformation_ctx) -> DynamicFrame:
    for alias, frame in mapping.items():
        frame.toDF().createOrReplaceTempView(alias)
    result = spark.sql("(select * from source1) UNION " + unionType + " (select * from source2)")
    return DynamicFrame.fromDF(result, glueContext, transformation_ctx)""",
    "aggregate": """
def sparkAggregate(glueContext, parentFrame, groups, aggs, transformation_ctx) -> DynamicFrame:
    functions = [getattr(SqlFuncs, name)(column) for column, name in aggs]
    frame = parentFrame.toDF()
    result = frame.groupBy(*groups).agg(*functions) if groups else frame.agg(*functions)
    return DynamicFrame.fromDF(result, glueContext, transformation_ctx)""",
    "route": """
def threadedRoute(glueContext, frame, groups, default, transformation_ctx) -> DynamicFrameCollection:
    frames = {name: Filter.apply(frame=frame, f=test) for name, test in groups}
    frames["default_group"] = Filter.apply(frame=frame, f=default)
    return DynamicFrameCollection(frames, glueContext)""",
    "nulls": """
def drop_nulls(glueContext, frame, nullStringSet, nullIntegerSet, transformation_ctx):
    data, empty = frame.toDF(), []
    numbers = (SqlTypes.IntegerType, SqlTypes.LongType, SqlTypes.DoubleType)
    for field in data.schema.fields:
        column = "`" + field.name.replace("`", "``") + "`"
        values = {row[0] for row in data.select(column).distinct().collect()}
        if isinstance(field.dataType, SqlTypes.StringType):
            values = {value.strip() if value is not None else None for value in values}
            known = nullStringSet
        elif isinstance(field.dataType, numbers):
            known = nullIntegerSet
        else:
            known = set()
        if values <= known | {None}:
            empty.append("`" + field.name + "`" if "." in field.name else field.name)
    return DropFields.apply(frame=frame, paths=empty, transformation_ctx=transformation_ctx)""",
    "gsColumns": """
def gsColumns(glueContext, frame, columns, transformation_ctx) -> DynamicFrame:
    made = {name: SqlFuncs.expr(expression) for name, expression in columns.items()}
    return DynamicFrame.fromDF(frame.toDF().withColumns(made), glueContext, transformation_ctx)""",
    "gsNullRows": """
def gsNullRows(glueContext, frame, extended, transformation_ctx) -> DynamicFrame:
    data, there = frame.toDF(), SqlFuncs.lit(False)
    for field in data.schema.fields:
        column = SqlFuncs.col("`" + field.name.replace("`", "``") + "`")
        test = column.isNotNull()
        if isinstance(field.dataType, (SqlTypes.FloatType, SqlTypes.DoubleType)):
            test = test & ~SqlFuncs.isnan(column)
        if extended and isinstance(field.dataType, SqlTypes.StringType):
            test = test & (column != "")
        there = there | test
    return DynamicFrame.fromDF(data.filter(there), glueContext, transformation_ctx)""",
    "gsFlatten": """
def gsFlatten(glueContext, frame, separator, maxLevels, transformation_ctx) -> DynamicFrame:
    def flat(field, path, name, level):
        here = path + ".`" + field.name.replace("`", "``") + "`" if path else "`" + field.name.replace("`", "``") + "`"
        name = name + separator + field.name if name else field.name
        if not isinstance(field.dataType, SqlTypes.StructType) or (maxLevels and level == maxLevels):
            return [SqlFuncs.col(here).alias(name)]
        return [column for inner in field.dataType.fields for column in flat(inner, here, name, level + 1)]

    data = frame.toDF()
    columns = [column for field in data.schema.fields for column in flat(field, "", "", 0)]
    return DynamicFrame.fromDF(data.select(*columns), glueContext, transformation_ctx)""",
    "gsPivot": """
def gsPivot(glueContext, frame, aggCol, aggFunction, colName, transformation_ctx) -> DynamicFrame:
    data = frame.toDF()
    quoted = {name.lower(): "`" + name.replace("`", "``") + "`" for name in data.columns}
    others = [text for name, text in quoted.items() if name not in (aggCol.lower(), colName.lower())]
    aggregate = getattr(SqlFuncs, aggFunction)(quoted[aggCol.lower()])
    result = data.groupBy(*others).pivot(quoted[colName.lower()]).agg(aggregate)
    return DynamicFrame.fromDF(result, glueContext, transformation_ctx)""",
}
