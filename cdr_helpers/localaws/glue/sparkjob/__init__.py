"""Jobs on Apache Spark: scripts of the user's own, edited scripts, Custom Transform nodes.

`choice` says which engine a run needs and whether Spark is there, `running` runs a script in a process of its own
(`children`), which asks the endpoint for objects, tables and writes (`bridge`, `requests`). `site/` is what that
process imports: the `awsglue` and `awsgluedq` packages of ours.
"""
