# Deletes what a group that has ended left on its hosts' disks, once on every host of a node pool. Each says on
# stdout `removed` or `absent`.
#
#   nomad job run -var pool=broker -var class=broker -var folder=orders-0 delete-data.nomad.hcl

variable "id" {
  description = "The job's id."
  type        = string
  default     = "rocketmq-delete-data"
}

variable "pool" {
  description = "Node pool of the hosts: broker or nameserver."
  type        = string
}

variable "class" {
  description = "Node class of the hosts: broker or nameServer."
  type        = string
}

variable "folder" {
  description = "Name of the folder under `data`: a Broker group's name, or controller-<NameServer group>."
  type        = string
}

variable "data" {
  description = "Where RocketMQ's data is on the hosts."
  type        = string
  default     = "/data/rocketmq"
}

variable "shell" {
  type    = string
  default = "/bin/sh"
}

variable "user" {
  type    = string
  default = "rocketmq"
}

job "rocketmq-delete-data" {
  id          = var.id
  name        = var.id
  type        = "sysbatch"
  datacenters = ["*"]
  node_pool   = var.pool
  priority    = 60

  constraint {
    attribute = "${node.class}"
    value     = var.class
  }

  group "delete" {
    restart {
      attempts = 2
      interval = "5m"
      delay    = "2s"
      mode     = "fail"
    }

    reschedule {
      attempts  = 0
      unlimited = false
    }

    task "delete" {
      driver = "raw_exec"
      user   = var.user

      config {
        command = var.shell
        args = [
          "-c",
          "if [ ! -e \"$1\" ]; then echo absent; else rm -rf -- \"$1\" && [ ! -e \"$1\" ] && echo removed; fi",
          "delete",
          "${var.data}/${var.folder}",
        ]
      }

      resources {
        cpu    = 20
        memory = 32
      }
    }
  }
}
