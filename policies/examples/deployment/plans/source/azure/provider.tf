terraform {
  required_providers {
    azurerm = {
      source  = "hashicorp/azurerm"
      version = "1.44.0"
    }
  }
}

# Its account is `azure_account.py`: no cloud, and no secret that opens anything.
provider "azurerm" {
  environment                 = "AzureStackCloud"
  skip_credentials_validation = true
  skip_provider_registration  = true
}

locals {
  tags = {
    team        = "shop"
    product     = "checkout"
    cost_center = "1200"
    environment = "staging"
  }
}
