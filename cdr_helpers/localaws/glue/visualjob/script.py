"""The PySpark script of a graph, in the shape that Glue Studio writes since 2024: header, nodes, footer."""

from __future__ import annotations

from .graph import Graph
from .scripttexts import HELPERS, IMPORTS

_HEADER = """import sys
from awsglue.transforms import *
from awsglue.utils import getResolvedOptions
from pyspark.context import SparkContext
from awsglue.context import GlueContext
from awsglue.job import Job
"""
_START = """
args = getResolvedOptions(sys.argv, ['JOB_NAME'])
sc = SparkContext()
glueContext = GlueContext(sc)
spark = glueContext.spark_session
job = Job(glueContext)
job.init(args['JOB_NAME'], args)
"""


def generate(graph: Graph) -> str:
    """The script's text; every node that is executed here has its section."""
    nodes = graph.order()
    needed = list(dict.fromkeys(need for node in nodes for need in node.needs()))
    imports = list(dict.fromkeys(line for need in needed for line in IMPORTS.get(need, ())))
    helpers = [HELPERS[need] for need in needed if need in HELPERS]
    sections = [
        f"# Script generated for node {' '.join(node.name.split())}\n"
        + node.script([graph.nodes[source].variable for source in node.inputs])
        for node in nodes
    ]
    head = _HEADER + "".join(f"{line}\n" for line in imports)
    return "\n".join(
        [head, *(f"{helper}\n" for helper in helpers), _START.lstrip("\n"), *(f"{s}\n" for s in sections)]
    ) + ("\njob.commit()")
