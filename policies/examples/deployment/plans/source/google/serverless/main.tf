resource "google_cloud_run_service" "api" {
  name     = "api"
  location = var.region

  metadata {
    labels = local.labels
  }

  template {
    spec {
      containers {
        image = "europe-docker.pkg.dev/shop/api"
        resources {
          limits = { cpu = "1000m", memory = "512Mi" }
        }
      }
    }
  }
}

resource "google_cloudfunctions_function" "resize" {
  name                  = "resize"
  runtime               = "python39"
  available_memory_mb   = 256
  trigger_http          = true
  source_archive_bucket = "shop-sources"
  source_archive_object = "resize.zip"
  labels                = local.labels
}
