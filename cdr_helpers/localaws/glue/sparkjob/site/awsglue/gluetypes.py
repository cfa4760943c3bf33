"""Names of types that scripts import; Spark's own stand for Glue's."""

from pyspark.sql.types import ArrayType as ArrayType
from pyspark.sql.types import BinaryType as BinaryType
from pyspark.sql.types import BooleanType as BooleanType
from pyspark.sql.types import ByteType as ByteType
from pyspark.sql.types import DataType as DataType
from pyspark.sql.types import DateType as DateType
from pyspark.sql.types import DecimalType as DecimalType
from pyspark.sql.types import DoubleType as DoubleType
from pyspark.sql.types import FloatType as FloatType
from pyspark.sql.types import IntegerType as IntegerType
from pyspark.sql.types import LongType as LongType
from pyspark.sql.types import MapType as MapType
from pyspark.sql.types import NullType as NullType
from pyspark.sql.types import ShortType as ShortType
from pyspark.sql.types import StringType as StringType
from pyspark.sql.types import StructField as StructField
from pyspark.sql.types import StructType as StructType
from pyspark.sql.types import TimestampType as TimestampType

Field = StructField
