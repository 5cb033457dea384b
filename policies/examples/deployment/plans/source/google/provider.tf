terraform {
  required_providers {
    google = {
      source  = "hashicorp/google"
      version = "4.0.0"
    }
  }
}

variable "region" {
  default = "europe-west1"
}

provider "google" {
  project      = "shop-staging"
  region       = var.region
  access_token = "made-up"
}

locals {
  labels = {
    team        = "shop"
    product     = "checkout"
    cost_center = "1200"
    environment = "staging"
  }
}
