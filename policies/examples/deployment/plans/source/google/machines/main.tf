resource "google_compute_instance" "web" {
  count        = 2
  name         = "web-${count.index}"
  machine_type = "e2-standard-4"
  zone         = "${var.region}-b"
  labels       = local.labels

  boot_disk {
    initialize_params {
      image = "debian-cloud/debian-12"
      size  = 50
      type  = "pd-balanced"
    }
  }

  network_interface {
    network = "default"
  }
}

resource "google_compute_disk" "data" {
  name   = "data"
  type   = "pd-ssd"
  zone   = "${var.region}-b"
  size   = 500
  labels = local.labels
}
