"""AWS Glue's library for PySpark scripts, as far as it is built here (AWS Glue developer guide, "AWS Glue PySpark
extensions" and "AWS Glue PySpark transforms"). What is not built is refused by name."""

from .dynamicframe import DynamicFrame as DynamicFrame
from .dynamicframe import DynamicFrameCollection as DynamicFrameCollection
from .dynamicframe import DynamicFrameReader as DynamicFrameReader
from .dynamicframe import DynamicFrameWriter as DynamicFrameWriter
