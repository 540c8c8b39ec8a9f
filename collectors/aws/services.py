"""What AWS calls its services: product codes of the Cost and Usage Report with name, category and subcategory.

Names are those of the report's ``product/ProductName``; categories are those of FOCUS.
Source: https://docs.aws.amazon.com/cur/latest/userguide/Lineitem-columns.html (lineItem/ProductCode).
"""

from __future__ import annotations

from typing import Final

from collectors.store.sql import literal

_TABLE: Final = """
AmazonS3 | Amazon Simple Storage Service | Storage | Object Storage
AmazonS3GlacierDeepArchive | Amazon S3 Glacier Deep Archive | Storage | Object Storage
AmazonGlacier | Amazon S3 Glacier | Storage | Object Storage
AmazonEC2 | Amazon Elastic Compute Cloud | Compute | Virtual Machines
AWSDataTransfer | AWS Data Transfer | Networking | Network Connectivity
AmazonVPC | Amazon Virtual Private Cloud | Networking | Network Infrastructure
AWSELB | Elastic Load Balancing | Networking | Network Routing
AmazonCloudFront | Amazon CloudFront | Networking | Content Delivery
AmazonRoute53 | Amazon Route 53 | Networking | Network Routing
AWSDirectConnect | AWS Direct Connect | Networking | Network Connectivity
AmazonEFS | Amazon Elastic File System | Storage | File Storage
AmazonFSx | Amazon FSx | Storage | File Storage
AWSBackup | AWS Backup | Storage | Backup Storage
AWSLambda | AWS Lambda | Compute | Serverless Compute
AmazonECS | Amazon Elastic Container Service | Compute | Containers
AmazonEKS | Amazon Elastic Container Service for Kubernetes | Compute | Containers
AmazonECR | Amazon EC2 Container Registry (ECR) | Compute | Containers
AWSGlue | AWS Glue | Analytics | Data Processing
AmazonAthena | Amazon Athena | Analytics | Analytics Platforms
ElasticMapReduce | Amazon Elastic MapReduce | Analytics | Data Processing
AmazonKinesis | Amazon Kinesis | Analytics | Streaming Analytics
AmazonKinesisFirehose | Amazon Kinesis Firehose | Analytics | Streaming Analytics
AmazonMSK | Amazon Managed Streaming for Apache Kafka | Analytics | Streaming Analytics
AmazonES | Amazon OpenSearch Service | Analytics | Search
AmazonQuickSight | Amazon QuickSight | Analytics | Business Intelligence
AmazonMWAA | Amazon Managed Workflows for Apache Airflow | Integration | Workflow Orchestration
AWSLakeFormation | AWS Lake Formation | Analytics | Analytics Platforms
AmazonRedshift | Amazon Redshift | Databases | Data Warehouses
AmazonRDS | Amazon Relational Database Service | Databases | Relational Databases
AmazonDynamoDB | Amazon DynamoDB | Databases | NoSQL Databases
AmazonDocDB | Amazon DocumentDB (with MongoDB compatibility) | Databases | NoSQL Databases
AmazonElastiCache | Amazon ElastiCache | Databases | Caching
AmazonNeptune | Amazon Neptune | Databases | Other (Databases)
AmazonTimestream | Amazon Timestream | Databases | Time Series Databases
AmazonSageMaker | Amazon SageMaker | AI and Machine Learning | Machine Learning
AmazonBedrock | Amazon Bedrock | AI and Machine Learning | Generative AI
AWSQueueService | Amazon Simple Queue Service | Integration | Messaging
AmazonSNS | Amazon Simple Notification Service | Integration | Messaging
AmazonStates | AWS Step Functions | Integration | Workflow Orchestration
AmazonApiGateway | Amazon API Gateway | Integration | API Management
AWSEvents | CloudWatch Events | Integration | Messaging
AmazonCloudWatch | AmazonCloudWatch | Management and Governance | Observability
AWSCloudTrail | AWS CloudTrail | Management and Governance | Compliance
AWSConfig | AWS Config | Management and Governance | Compliance
awskms | AWS Key Management Service | Security | Secret Management
AWSSecretsManager | AWS Secrets Manager | Security | Secret Management
AmazonGuardDuty | Amazon GuardDuty | Security | Threat Detection and Response
AWSDatabaseMigrationSvc | AWS Database Migration Service | Migration | Data Migration
AWSTransfer | AWS Transfer Family | Migration | Data Migration
AWSDeveloperSupport | AWS Support (Developer) | Management and Governance | Support
AWSSupportBusiness | AWS Support (Business) | Management and Governance | Support
AWSSupportEnterprise | AWS Support (Enterprise) | Management and Governance | Support
OCBPremiumSupport | AWS Premium Support | Management and Governance | Support
ComputeSavingsPlans | Savings Plans for AWS Compute usage | Compute | Virtual Machines
"""
_SERVICES: Final = tuple(tuple(cell.strip() for cell in line.split("|")) for line in _TABLE.strip().splitlines())


def known_sql(code: str) -> str:
    """SQL for a structure of ``name``, ``category`` and ``subcategory`` of a product code; NULL for one not known."""
    codes = ", ".join(literal(service[0]) for service in _SERVICES)
    facts = ", ".join(
        f"{{'name': {literal(name)}, 'category': {literal(category)}, 'subcategory': {literal(subcategory)}}}"
        for _, name, category, subcategory in _SERVICES
    )
    return f"map_extract_value(MAP([{codes}], [{facts}]), {code})"
