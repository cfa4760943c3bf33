"""Why node types of the API are not executed here: each stands for something that S3 and the catalog alone cannot be.

Source of the list: AWS Glue "Visual job API", `CodeGenConfigurationNode`.
"""

from __future__ import annotations

_DATABASE = "it needs a database, and a connection to it"
_CONNECTOR = "it needs a connector of AWS Marketplace or of your own"
_STREAM = "it reads a stream, and there is none here"
_LAKE = "tables of this kind need the library of their framework"
_GOVERNED = "AWS Lake Formation has ended governed tables"

REASONS: dict[str, str] = {
    **dict.fromkeys(
        (
            "RedshiftSource",
            "RedshiftTarget",
            "AmazonRedshiftSource",
            "AmazonRedshiftTarget",
            "RelationalCatalogSource",
            "DynamoDBCatalogSource",
            "DynamoDBELTConnectorSource",
            "DirectJDBCSource",
            "SnowflakeSource",
            "SnowflakeTarget",
            "MicrosoftSQLServerCatalogSource",
            "MicrosoftSQLServerCatalogTarget",
            "MySQLCatalogSource",
            "MySQLCatalogTarget",
            "OracleSQLCatalogSource",
            "OracleSQLCatalogTarget",
            "PostgreSQLCatalogSource",
            "PostgreSQLCatalogTarget",
        ),
        _DATABASE,
    ),
    **dict.fromkeys(
        (
            "AthenaConnectorSource",
            "JDBCConnectorSource",
            "JDBCConnectorTarget",
            "SparkConnectorSource",
            "SparkConnectorTarget",
            "ConnectorDataSource",
            "ConnectorDataTarget",
        ),
        _CONNECTOR,
    ),
    **dict.fromkeys(
        ("DirectKinesisSource", "DirectKafkaSource", "CatalogKinesisSource", "CatalogKafkaSource"), _STREAM
    ),
    **dict.fromkeys(
        (
            "S3CatalogHudiSource",
            "CatalogHudiSource",
            "S3HudiSource",
            "S3HudiCatalogTarget",
            "S3HudiDirectTarget",
            "S3CatalogDeltaSource",
            "CatalogDeltaSource",
            "S3DeltaSource",
            "S3DeltaCatalogTarget",
            "S3DeltaDirectTarget",
            "S3CatalogIcebergSource",
            "CatalogIcebergSource",
            "S3IcebergCatalogTarget",
            "S3IcebergDirectTarget",
        ),
        _LAKE,
    ),
    **dict.fromkeys(("GovernedCatalogSource", "GovernedCatalogTarget"), _GOVERNED),
    "S3ExcelSource": "workbooks need a reader that this project does not bring",
    "S3HyperDirectTarget": "Tableau's Hyper files need Tableau's own library",
    "Recipe": "recipes are steps of AWS Glue DataBrew, whose functions are AWS's own",
    "PIIDetection": "AWS does not document how it recognises what it looks for",
    "FillMissingValues": "AWS does not document the models that it trains, so its estimates cannot be had here",
}
"""Node type → the reason."""
