# The machine of the provider's first major version, which no mapping reads.
resource "azurerm_virtual_machine" "old" {
  name                  = "old"
  location              = "westeurope"
  resource_group_name   = "shop"
  network_interface_ids = ["/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/shop/providers/Microsoft.Network/networkInterfaces/old"]
  vm_size               = "Standard_E64s_v3"
  tags                  = local.tags

  storage_os_disk {
    name          = "os"
    create_option = "FromImage"
  }

  storage_image_reference {
    publisher = "Canonical"
    offer     = "UbuntuServer"
    sku       = "18.04-LTS"
    version   = "latest"
  }

  os_profile {
    computer_name  = "old"
    admin_username = "admin1"
    admin_password = "Made-up-1234"
  }

  os_profile_linux_config {
    disable_password_authentication = false
  }
}
