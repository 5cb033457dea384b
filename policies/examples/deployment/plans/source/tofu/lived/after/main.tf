variable "with_replica" {
  default = false
}

resource "aws_ebs_volume" "shrunk" {
  availability_zone = "eu-west-1a"
  type              = "gp3"
  size              = 100
  iops              = 3000
}

removed {
  from = aws_ebs_volume.left
  lifecycle {
    destroy = false
  }
}

resource "aws_ebs_volume" "replica" {
  availability_zone = "eu-west-1b"
  type              = "gp3"
  size              = 200
  lifecycle {
    enabled = var.with_replica
  }
}
