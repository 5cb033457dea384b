"""AWS prices and usage types of the demo, as data.

The rates are Acme's own, in the order of magnitude of public ones; they are not a price list.
"""

from __future__ import annotations

from orchestration.demo.amounts import hex_id
from orchestration.demo.meters import Sku

REGIONS = {"eu-west-1": ("EU-", "EU (Ireland)"), "us-east-1": ("", "US East (N. Virginia)")}

_PRODUCTS = {
    "AmazonEC2": "Amazon Elastic Compute Cloud",
    "AmazonS3": "Amazon Simple Storage Service",
    "AmazonRDS": "Amazon Relational Database Service",
    "AWSLambda": "AWS Lambda",
    "AmazonCloudWatch": "AmazonCloudWatch",
    "AmazonEKS": "Amazon Elastic Container Service for Kubernetes",
    "AWSDataTransfer": "AWS Data Transfer",
    "awskms": "AWS Key Management Service",
    "AWSQueueService": "Amazon Simple Queue Service",
    "AmazonSageMaker": "Amazon SageMaker",
    "AWSELB": "Elastic Load Balancing",
    "ComputeSavingsPlans": "Savings Plans for AWS Compute usage",
    "AWSSupportBusiness": "AWS Support (Business)",
    "8k2xq1vrp3sentinel": "Sentinel Log Scanner",
}


def product_name(code: str) -> str:
    """The product's name as bills show it."""
    return _PRODUCTS[code]


def _sku(*columns: str, digits: int, region: str = "eu-west-1", **more: str) -> Sku:
    key, code, usage, operation, rate, unit, family = columns[:7]
    instance_type = columns[7] if len(columns) > 7 else ""
    prefix, location = REGIONS[region]
    fields = {
        "service": code,
        "product_name": product_name(code),
        "usage_type": prefix + usage,
        "operation": operation,
        "family": family,
        "instance_type": instance_type,
        "region": region,
        "location": location,
        **more,
    }
    return Sku(key, rate, unit, digits, fields)


# fmt: off
_EC2 = {
    "m5.large": "0.107", "m5.xlarge": "0.214", "m5.2xlarge": "0.428", "m4.xlarge": "0.222",
    "t3.medium": "0.0456", "t3.large": "0.0912", "t3.xlarge": "0.1824",
    "c5.large": "0.096", "c5.xlarge": "0.192", "c5.2xlarge": "0.384",
    "r5.large": "0.141", "r5.xlarge": "0.282", "g4dn.2xlarge": "0.838",
}
# fmt: on

# fmt: off
_TABLE = (
    *(
        _sku(f"ec2_{kind}", "AmazonEC2", f"BoxUsage:{kind}", "RunInstances", rate, "Hrs",
             "Compute Instance", kind, digits=0)
        for kind, rate in _EC2.items()
    ),
    _sku("spot_c5.xlarge", "AmazonEC2", "SpotUsage:c5.xlarge", "RunInstances:SV001", "0.0704",
         "Hrs", "Compute Instance", "c5.xlarge", digits=0),
    _sku("ebs_gp3", "AmazonEC2", "EBS:VolumeUsage.gp3", "CreateVolume-Gp3", "0.088", "GB-Mo",
         "Storage", digits=6),
    _sku("ebs_gp2", "AmazonEC2", "EBS:VolumeUsage.gp2", "CreateVolume-Gp2", "0.11", "GB-Mo",
         "Storage", digits=6),
    _sku("ebs_io2", "AmazonEC2", "EBS:VolumeUsage.io2", "CreateVolume-Io2", "0.138", "GB-Mo",
         "Storage", digits=6),
    _sku("nat_hours", "AmazonEC2", "NatGateway-Hours", "NatGateway", "0.048", "Hrs",
         "NAT Gateway", digits=0),
    _sku("nat_bytes", "AmazonEC2", "NatGateway-Bytes", "NatGateway", "0.048", "GB",
         "NAT Gateway", digits=6),
    _sku("elb_hours", "AWSELB", "LoadBalancerUsage", "LoadBalancing:Application", "0.0252",
         "Hrs", "Load Balancer-Application", digits=0),
    _sku("elb_lcu", "AWSELB", "LCUUsage", "LoadBalancing:Application", "0.008", "LCU-Hrs",
         "Load Balancer-Application", digits=6),
    _sku("s3_storage", "AmazonS3", "TimedStorage-ByteHrs", "StandardStorage", "0.023", "GB-Mo",
         "Storage", digits=6),
    _sku("s3_put", "AmazonS3", "Requests-Tier1", "PutObject", "0.000005", "Requests",
         "API Request", digits=0),
    _sku("s3_get", "AmazonS3", "Requests-Tier2", "GetObject", "0.0000004", "Requests",
         "API Request", digits=0),
    # A few bytes a day: amounts near 1e-10, which legacy reports write in scientific notation.
    _sku("s3_tiny", "AmazonS3", "TimedStorage-RestoreObject", "RestoreObject", "0.0001",
         "GB-Mo", "Storage", digits=6),
    _sku("s3_internal", "AmazonS3", "C3DataTransfer-In-Bytes", "GetObject", "0", "GB",
         "Data Transfer", digits=6),
    _sku("dt_out", "AWSDataTransfer", "DataTransfer-Out-Bytes", "RunInstances", "0.09", "GB",
         "Data Transfer", digits=6),
    _sku("dt_regional", "AWSDataTransfer", "DataTransfer-Regional-Bytes", "InterZone-Out", "0.01",
         "GB", "Data Transfer", digits=6),
    _sku("dt_in", "AWSDataTransfer", "DataTransfer-In-Bytes", "RunInstances", "0", "GB",
         "Data Transfer", digits=6),
    _sku("dt_interregion", "AWSDataTransfer", "USE1-AWS-Out-Bytes", "InterRegion-Out", "0.02",
         "GB", "Data Transfer", digits=6),
    _sku("lambda_gb_second", "AWSLambda", "Lambda-GB-Second", "Invoke", "0.0000166667",
         "Lambda-GB-Second", "Serverless", digits=0),
    _sku("lambda_request", "AWSLambda", "Request", "Invoke", "0.0000002", "Requests",
         "Serverless", digits=0),
    _sku("cw_logs_ingest", "AmazonCloudWatch", "DataProcessing-Bytes", "PutLogEvents", "0.57",
         "GB", "Data Payload", digits=6),
    _sku("cw_logs_storage", "AmazonCloudWatch", "TimedStorage-ByteHrs", "HourlyStorageMetering",
         "0.03", "GB-Mo", "Storage Snapshot", digits=6),
    _sku("cw_metrics", "AmazonCloudWatch", "CW:MetricMonitorUsage", "MetricStorage", "0.3",
         "Metrics", "Metric", digits=6),
    _sku("kms_requests", "awskms", "KMS-Requests", "GenerateDataKey", "0.000003", "Requests",
         "Encryption Key", digits=0),
    _sku("sqs_requests", "AWSQueueService", "Requests", "SendMessage", "0.0000004", "Requests",
         "API Request", digits=0),
    _sku("eks_cluster", "AmazonEKS", "AmazonEKS-Hours:perCluster", "CreateOperation", "0.1",
         "Hours", "Compute", digits=0),
    _sku("rds_r5.large", "AmazonRDS", "InstanceUsage:db.r5.large", "CreateDBInstance:0014",
         "0.265", "Hrs", "Database Instance", "db.r5.large", digits=0),
    _sku("rds_t3.medium", "AmazonRDS", "InstanceUsage:db.t3.medium", "CreateDBInstance:0014",
         "0.077", "Hrs", "Database Instance", "db.t3.medium", digits=0),
    _sku("rds_storage", "AmazonRDS", "RDS:GP3-Storage", "CreateDBInstance:0014", "0.127",
         "GB-Mo", "Database Storage", digits=6),
    _sku("sagemaker_notebook", "AmazonSageMaker", "Notebk:ml.g4dn.xlarge", "RunInstance", "0.8216",
         "Hrs", "ML Instance", "ml.g4dn.xlarge", digits=0),
    _sku("marketplace_scanner", "8k2xq1vrp3sentinel", "SoftwareUsage:m5.xlarge", "RunInstances",
         "0.05", "Hrs", "AWS Marketplace", "m5.xlarge", seller="Northwind Security GmbH", digits=0),
)
# fmt: on

SKUS = {sku.key: sku for sku in _TABLE}


def sku_code(key: str) -> str:
    """A stable 16-letter product SKU, as the price lists have."""
    return hex_id("aws-sku", key, length=16).upper()
