resource "google_compute_instance_template" "worker" {
  name_prefix  = "worker-"
  machine_type = "e2-standard-2"
  labels       = local.labels

  disk {
    source_image = "debian-cloud/debian-12"
    disk_size_gb = 20
  }

  network_interface {
    network = "default"
  }
}

resource "google_compute_instance_group_manager" "workers" {
  name               = "workers"
  base_instance_name = "worker"
  zone               = "${var.region}-b"
  target_size        = 3

  version {
    instance_template = google_compute_instance_template.worker.id
  }
}

resource "google_compute_autoscaler" "workers" {
  name   = "workers"
  zone   = "${var.region}-b"
  target = google_compute_instance_group_manager.workers.id

  autoscaling_policy {
    min_replicas = 2
    max_replicas = 12
    cpu_utilization {
      target = 0.6
    }
  }
}
