# An accelerator in a region that is not allowed.
resource "google_compute_instance" "training" {
  name         = "training"
  machine_type = "a2-highgpu-8g"
  zone         = "asia-southeast1-c"
  labels       = local.labels

  boot_disk {
    initialize_params {
      image = "debian-cloud/debian-12"
    }
  }

  network_interface {
    network = "default"
  }
}
