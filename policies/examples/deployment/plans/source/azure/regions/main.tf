resource "azurerm_managed_disk" "far" {
  name                 = "far"
  location             = "australiaeast"
  resource_group_name  = "shop"
  storage_account_type = "Premium_LRS"
  create_option        = "Empty"
  disk_size_gb         = 1024
  tags                 = local.tags
}
