resource "google_sql_database_instance" "main" {
  name             = "main"
  region           = var.region
  database_version = "POSTGRES_13"

  settings {
    tier              = "db-custom-4-16384"
    availability_type = "REGIONAL"
    disk_type         = "PD_SSD"
    disk_size         = 200
    user_labels       = local.labels
  }
}

resource "google_storage_bucket" "archive" {
  name          = "shop-archive"
  location      = "EUROPE-WEST1"
  storage_class = "NEARLINE"
  labels        = local.labels

  lifecycle_rule {
    condition {
      age = 365
    }
    action {
      type = "Delete"
    }
  }
}
