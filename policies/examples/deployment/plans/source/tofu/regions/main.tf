# What only OpenTofu has: a provider for each region, a module's source from a variable, `enabled`.
terraform {
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "5.100.0"
    }
  }
}

variable "regions" {
  default = ["eu-west-1", "us-east-1"]
}

variable "service" {
  default = "service"
}

variable "replica" {
  default = false
}

provider "aws" {
  alias                       = "each"
  for_each                    = toset(var.regions)
  region                      = each.key
  access_key                  = "test"
  secret_key                  = "test"
  skip_credentials_validation = true
  skip_metadata_api_check     = true
  skip_requesting_account_id  = true

  default_tags {
    tags = {
      team        = "shop"
      product     = "checkout"
      environment = "staging"
      cost_center = "CC-100"
      schedule    = "office-hours"
    }
  }
}

resource "aws_nat_gateway" "each" {
  for_each  = toset(var.regions)
  provider  = aws.each[each.key]
  subnet_id = "subnet-0abcdef1234567890"
}

resource "aws_sqs_queue" "jobs" {
  provider = aws.each["us-east-1"]
  name     = "jobs"
}

module "service" {
  source    = "./${var.service}"
  for_each  = toset(var.regions)
  providers = { aws = aws.each[each.key] }
}

resource "aws_db_instance" "replica" {
  provider          = aws.each["us-east-1"]
  instance_class    = "db.t3.medium"
  engine            = "postgres"
  allocated_storage = 20
  lifecycle {
    enabled = var.replica
  }
}
