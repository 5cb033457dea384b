variable "with_replica" {
  default = true
}

resource "aws_ebs_volume" "shrunk" {
  availability_zone = "eu-west-1a"
  type              = "gp3"
  size              = 100
  iops              = 6000
}

resource "aws_ebs_volume" "left" {
  availability_zone = "eu-west-1a"
  type              = "gp2"
  size              = 50
}

resource "aws_ebs_volume" "replica" {
  availability_zone = "eu-west-1b"
  type              = "gp3"
  size              = 200
  lifecycle {
    enabled = var.with_replica
  }
}
