resource "azurerm_resource_group" "main" {
  name     = "shop"
  location = "westeurope"
  tags     = local.tags
}

resource "azurerm_kubernetes_cluster" "main" {
  name                = "main"
  location            = azurerm_resource_group.main.location
  resource_group_name = azurerm_resource_group.main.name
  dns_prefix          = "shop"
  tags                = local.tags

  default_node_pool {
    name       = "default"
    vm_size    = "Standard_D4s_v5"
    node_count = 1
  }

  service_principal {
    client_id     = "00000000-0000-0000-0000-000000000002"
    client_secret = "made-up"
  }
}

resource "azurerm_kubernetes_cluster_node_pool" "batch" {
  name                  = "batch"
  kubernetes_cluster_id = azurerm_kubernetes_cluster.main.id
  vm_size               = "Standard_D2s_v5"
  enable_auto_scaling   = true
  min_count             = 1
  max_count             = 6
  node_count            = 2
}
