# Sends messages through the cluster with the Java client and receives them again, once. The result is a line of
# JSON on stdout. The topic must exist. The user whom it poses as comes from a Nomad variable, which must be there
# first: nomad var put nomad/jobs/rocketmq-verify accessKey=NAME secretKey=SECRET
#
#   nomad job run -var topic=check -var messages=10000 -var endpoint=10.81.15.200:8080 verify.nomad.hcl

variable "id" {
  description = "The job's id, so that two checks can run side by side."
  type        = string
  default     = "rocketmq-verify"
}

variable "topic" {
  type = string
}

variable "messages" {
  type    = number
  default = 10000
}

variable "nameserver" {
  description = "Name of the NameServer group."
  type        = string
  default     = "nsaddr"
}

variable "endpoint" {
  description = "address:port of the HTTP endpoint that lists the NameServers: the NameServer balancer."
  type        = string
}

variable "args" {
  description = "Further arguments of the check."
  type        = list(string)
  default     = []
}

variable "heap_mib" {
  type    = number
  default = 128
}

variable "memory_mib" {
  type    = number
  default = 384
}

variable "java_opts" {
  type    = string
  default = ""
}

variable "home" {
  description = "Where RocketMQ is installed on the hosts."
  type        = string
  default     = "/opt/rocketmq"
}

variable "user" {
  type    = string
  default = "rocketmq"
}

variable "uid" {
  description = "Number of the user, who alone may read the file with the secret."
  type        = number
  default     = 902
}

job "rocketmq-verify" {
  id          = var.id
  name        = var.id
  type        = "batch"
  datacenters = ["*"]
  node_pool   = "all"
  priority    = 60

  constraint {
    attribute = "${node.class}"
    operator  = "set_contains_any"
    value     = "nameServer,broker"
  }

  # One attempt: a check that is repeated until it passes proves nothing.
  group "verify" {
    restart {
      attempts = 0
      mode     = "fail"
    }

    reschedule {
      attempts  = 0
      unlimited = false
    }

    task "verify" {
      driver = "raw_exec"
      user   = var.user

      config {
        command = "${var.home}/bin/verify"
        args    = concat(["--topic", var.topic, "--messages", format("%d", var.messages), "--credentials", "${NOMAD_SECRETS_DIR}/user.conf"], var.args)
      }

      env {
        JAVA_OPTS = "-Xmx${var.heap_mib}m -Duser.home=${NOMAD_TASK_DIR} -Drocketmq.namesrv.domain=${var.endpoint} -Drocketmq.namesrv.domain.subgroup=${var.nameserver} ${var.java_opts}"
      }

      template {
        destination = "${NOMAD_SECRETS_DIR}/user.conf"
        change_mode = "noop"
        perms       = "0600"
        uid         = var.uid
        gid         = var.uid
        data        = <<-EOT
          {{ with nomadVar "nomad/jobs/${var.id}" -}}
          accessKey={{ .accessKey }}
          secretKey={{ .secretKey }}
          {{ end -}}
        EOT
      }

      resources {
        cpu    = 100
        memory = var.memory_mib
      }
    }
  }
}
