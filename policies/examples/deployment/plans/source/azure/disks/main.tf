resource "azurerm_resource_group" "main" {
  name     = "shop"
  location = "West Europe"
  tags     = local.tags
}

resource "azurerm_managed_disk" "data" {
  for_each             = { hot = 512, warm = 128 }
  name                 = each.key
  location             = azurerm_resource_group.main.location
  resource_group_name  = azurerm_resource_group.main.name
  storage_account_type = each.key == "hot" ? "Premium_LRS" : "StandardSSD_LRS"
  create_option        = "Empty"
  disk_size_gb         = each.value
  tags                 = local.tags
}

module "archive" {
  source         = "./storage"
  count          = 2
  name           = "archive${count.index}"
  resource_group = azurerm_resource_group.main.name
  tags           = local.tags
}
