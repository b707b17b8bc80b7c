# A NameServer group of three, one in each zone, each with a controller: the Raft group that elects the
# master of every Broker group of this NameServer group.
#
#   nomad job run -var group=main -var 'members=["10.81.0.16","10.81.0.17","10.81.0.18"]' \
#     -var 'hosts=["orders-nameserver-a","orders-nameserver-b","orders-nameserver-c"]' nameserver.nomad.hcl

variable "group" {
  description = "Name of the group."
  type        = string
}

variable "hosts" {
  description = "The Nomad clients that carry the group, in the order of their meta.zone_index."
  type        = list(string)
}

variable "members" {
  description = "The private addresses of those hosts, in the same order. The controllers know each other by them."
  type        = list(string)
}

variable "port" {
  type    = number
  default = 9876
}

variable "controller_port" {
  type    = number
  default = 9878
}

variable "heap_mib" {
  type    = number
  default = 192
}

variable "memory_mib" {
  description = "What the host sets aside, and the most that the task may use."
  type        = number
  default     = 512
}

variable "java_opts" {
  description = "Further options of the JVM."
  type        = string
  default     = ""
}

variable "home" {
  description = "Where RocketMQ is installed on the hosts."
  type        = string
  default     = "/opt/rocketmq"
}

variable "data" {
  description = "Folder that the user may write to and that outlives the task."
  type        = string
  default     = "/data/rocketmq"
}

variable "user" {
  type    = string
  default = "rocketmq"
}

job "rocketmq-nameserver" {
  id          = "rocketmq-nameserver-${var.group}"
  name        = "rocketmq-nameserver-${var.group}"
  datacenters = ["*"]
  node_pool   = "nameserver"
  priority    = 80

  constraint {
    attribute = "${node.class}"
    value     = "nameServer"
  }

  # Controllers form a Raft group with a fixed list of peers, so a group stays on its hosts.
  constraint {
    attribute = "${node.unique.name}"
    operator  = "set_contains_any"
    value     = join(",", var.hosts)
  }

  constraint {
    operator  = "distinct_property"
    attribute = "${meta.az}"
    value     = "1"
  }

  update {
    max_parallel     = 1
    health_check     = "checks"
    min_healthy_time = "5s"
    healthy_deadline = "5m"
  }

  group "nameserver" {
    count = length(var.members)

    # A host back within seconds carries on; nothing gives up, and nothing backs off for long.
    restart {
      attempts = 10
      interval = "5m"
      delay    = "2s"
      mode     = "delay"
    }

    reschedule {
      unlimited      = true
      delay          = "5s"
      delay_function = "constant"
    }

    network {
      mode = "host"
      port "remoting" {
        static = var.port
      }
      port "controller" {
        static = var.controller_port
      }
    }

    service {
      name     = "rocketmq-nameserver-${var.group}"
      provider = "consul"
      port     = "remoting"

      check {
        type     = "tcp"
        interval = "2s"
        timeout  = "1s"
      }
    }

    service {
      name     = "rocketmq-controller-${var.group}"
      provider = "consul"
      port     = "controller"

      check {
        type     = "tcp"
        interval = "2s"
        timeout  = "1s"
      }
    }

    task "nameserver" {
      driver       = "raw_exec"
      user         = var.user
      kill_timeout = "20s"

      config {
        command = "${var.home}/bin/namesrv"
        args    = ["-c", "${NOMAD_TASK_DIR}/namesrv.conf"]
      }

      env {
        ZONE_INDEX = "${meta.zone_index}"
        JAVA_OPTS  = "-Xmx${var.heap_mib}m -Duser.home=${var.data} ${var.java_opts}"
      }

      template {
        destination = "local/namesrv.conf"
        change_mode = "restart"
        data        = <<-EOT
          listenPort=${var.port}

          enableControllerInNamesrv=true
          controllerDLegerGroup=${var.group}
          controllerDLegerPeers=${join(";", [for index, address in var.members : "n${index}-${address}:${var.controller_port}"])}
          controllerDLegerSelfId=n{{ env "ZONE_INDEX" }}
          controllerStorePath=${var.data}/controller-${var.group}

          # A broker that hangs is noticed in seconds, and its group gets another master.
          scanNotActiveBrokerInterval=1000
          scanInactiveMasterInterval=1000
        EOT
      }

      resources {
        cpu    = 100
        memory = var.memory_mib
      }

      logs {
        max_files     = 3
        max_file_size = 10
      }
    }
  }
}
