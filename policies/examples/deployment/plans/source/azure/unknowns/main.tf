resource "terraform_data" "chosen_later" {
  input = "Premium_LRS"
}

resource "azurerm_managed_disk" "later" {
  name                 = "later"
  location             = "westeurope"
  resource_group_name  = "shop"
  storage_account_type = terraform_data.chosen_later.output
  create_option        = "Empty"
  disk_size_gb         = 256
  tags                 = local.tags
}
