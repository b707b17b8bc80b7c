# The HTTP endpoint that tells brokers and clients where the NameServers are: on every NameServer host, and
# behind the NameServer balancer. GET /rocketmq/<group> answers `ip:port;ip:port`, and /rocketmq/nsaddr, which
# clients ask by default, answers for the first group.
#
#   nomad job run -var 'groups=[{name="main", members=["10.81.0.16","10.81.0.17","10.81.0.18"]}]' endpoint.nomad.hcl

variable "groups" {
  description = "The NameServer groups, with the private addresses of their hosts."
  type        = list(object({ name = string, members = list(string) }))
}

variable "nameserver_port" {
  type    = number
  default = 9876
}

variable "port" {
  type    = number
  default = 8080
}

variable "memory_mib" {
  type    = number
  default = 32
}

variable "busybox" {
  description = "Where the hosts have busybox, whose httpd serves the lists."
  type        = string
  default     = "/bin/busybox"
}

variable "user" {
  type    = string
  default = "rocketmq"
}

job "rocketmq-endpoint" {
  type        = "system"
  datacenters = ["*"]
  node_pool   = "nameserver"
  priority    = 80

  constraint {
    attribute = "${node.class}"
    value     = "nameServer"
  }

  update {
    max_parallel     = 1
    health_check     = "checks"
    min_healthy_time = "1s"
  }

  group "endpoint" {
    restart {
      attempts = 10
      interval = "5m"
      delay    = "2s"
      mode     = "delay"
    }

    network {
      mode = "host"
      port "http" {
        static = var.port
      }
    }

    service {
      name     = "rocketmq-endpoint"
      provider = "consul"
      port     = "http"

      check {
        type     = "http"
        path     = "/rocketmq/nsaddr"
        interval = "2s"
        timeout  = "1s"
      }
    }

    task "endpoint" {
      driver = "raw_exec"
      user   = var.user

      config {
        command = var.busybox
        args    = ["httpd", "-f", "-p", format("%d", var.port), "-h", "${NOMAD_TASK_DIR}/www"]
      }

      # The templates read the catalog with the task's workload identity.
      consul {}

      # Healthy members as Consul knows them. While it knows fewer than two, all of them: a list that names
      # members which are down is better than none or a single one, since clients try the next by themselves.
      dynamic "template" {
        for_each = concat(
          [for group in var.groups : { path = group.name, group = group }],
          [{ path = "nsaddr", group = var.groups[0] }],
        )
        content {
          destination = "local/www/rocketmq/${template.value.path}"
          change_mode = "noop"
          data        = <<-EOT
            {{- $healthy := service "rocketmq-nameserver-${template.value.group.name}" -}}
            {{- if gt (len $healthy) 1 -}}
            {{- range $index, $member := $healthy }}{{ if $index }};{{ end }}{{ $member.Address }}:{{ $member.Port }}{{ end -}}
            {{- else -}}
            ${join(";", [for address in template.value.group.members : "${address}:${var.nameserver_port}"])}
            {{- end }}
          EOT
          # Without this, a change waits 5 s.
          wait {
            min = "500ms"
            max = "2s"
          }
        }
      }

      resources {
        cpu    = 20
        memory = var.memory_mib
      }

      # busybox logs nothing worth a process that collects it.
      logs {
        disabled = true
      }
    }
  }
}
