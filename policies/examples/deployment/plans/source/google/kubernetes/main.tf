resource "google_container_cluster" "main" {
  name                     = "main"
  location                 = "${var.region}-b"
  remove_default_node_pool = true
  initial_node_count       = 1
  resource_labels          = local.labels
}

resource "google_container_node_pool" "general" {
  name       = "general"
  cluster    = google_container_cluster.main.name
  location   = google_container_cluster.main.location
  node_count = 2

  node_config {
    machine_type = "e2-standard-4"
    disk_size_gb = 100
    disk_type    = "pd-standard"
    labels       = local.labels
  }
}
