# A Broker group of three, one in each zone, whose master the controllers elect. A message is acknowledged when
# every member that is in sync has it, and never with fewer than two. Clients sign their requests as a user; who
# there is, the Nomad variable nomad/jobs/rocketmq-broker-<group> says, which no other job can read and which
# steppe writes first (docs/rocketmq.md tells what is in it).
#
#   nomad job run -var cluster=orders -var group=orders-0 -var nameserver=main -var endpoint=10.81.15.200:8080 \
#     -var 'controllers=["10.81.0.16","10.81.0.17","10.81.0.18"]' broker.nomad.hcl

variable "cluster" {
  description = "The Cluster ID, as RocketMQ's cluster name."
  type        = string
}

variable "group" {
  description = "Name of the group: the brokerName of its members."
  type        = string
}

variable "nameserver" {
  description = "Name of the NameServer group."
  type        = string
}

variable "controllers" {
  description = "Private addresses of the NameServer hosts, which run the controllers."
  type        = list(string)
}

variable "endpoint" {
  description = "address:port of the HTTP endpoint that lists the NameServers: the NameServer balancer."
  type        = string
}

variable "port" {
  description = "Remoting port; port - 2 is the fast port and port + 2000 the replication port."
  type        = number
  default     = 10911
}

variable "controller_port" {
  type    = number
  default = 9878
}

variable "members" {
  type    = number
  default = 3
}

variable "heap_mib" {
  type    = number
  default = 384
}

variable "direct_mib" {
  description = "Memory outside the heap, for network buffers."
  type        = number
  default     = 256
}

variable "memory_mib" {
  description = "What the host sets aside, and the most that the task may use; what the JVM leaves of it caches the store."
  type        = number
  default     = 1152
}

variable "commitlog_file_mib" {
  description = "Size of one file of the commit log."
  type        = number
  default     = 1024
}

variable "java_opts" {
  description = "Further options of the JVM."
  type        = string
  default     = ""
}

variable "properties" {
  description = "Further properties of the broker, for example { fileReservedTime = \"72\" }."
  type        = map(string)
  default     = {}
}

variable "home" {
  description = "Where RocketMQ is installed on the hosts."
  type        = string
  default     = "/opt/rocketmq"
}

variable "data" {
  description = "Folder on the data disk that the user may write to."
  type        = string
  default     = "/data/rocketmq"
}

variable "user" {
  type    = string
  default = "rocketmq"
}

variable "uid" {
  description = "Number of the user, who alone may read the files with secrets."
  type        = number
  default     = 902
}

job "rocketmq-broker" {
  id          = "rocketmq-broker-${var.group}"
  name        = "rocketmq-broker-${var.group}"
  datacenters = ["*"]
  node_pool   = "broker"
  priority    = 70

  constraint {
    attribute = "${node.class}"
    value     = "broker"
  }

  constraint {
    operator  = "distinct_property"
    attribute = "${meta.az}"
    value     = "1"
  }

  constraint {
    operator = "distinct_hosts"
    value    = "true"
  }

  # One member after the other, each with time to be in sync again: two at once would stop writes.
  update {
    max_parallel      = 1
    health_check      = "checks"
    min_healthy_time  = "30s"
    healthy_deadline  = "10m"
    progress_deadline = "30m"
  }

  group "broker" {
    count = var.members

    # The data is on the host's disk, so a member waits for its host instead of starting empty elsewhere.
    disconnect {
      lost_after = "1h"
      replace    = false
      reconcile  = "keep_original"
    }

    restart {
      attempts = 10
      interval = "5m"
      delay    = "2s"
      mode     = "delay"
    }

    reschedule {
      unlimited      = true
      delay          = "10s"
      delay_function = "constant"
    }

    network {
      mode = "host"
      port "remoting" {
        static = var.port
      }
      port "fast" {
        static = var.port - 2
      }
      port "replication" {
        static = var.port + 2000
      }
    }

    service {
      name     = "rocketmq-broker-${var.group}"
      provider = "consul"
      port     = "remoting"

      check {
        type     = "tcp"
        interval = "2s"
        timeout  = "1s"
      }
    }

    task "broker" {
      driver       = "raw_exec"
      user         = var.user
      kill_timeout = "60s"

      config {
        command = "${var.home}/bin/broker"
        args    = ["-c", "${NOMAD_SECRETS_DIR}/broker.conf"]
      }

      env {
        JAVA_OPTS = "-Xmx${var.heap_mib}m -XX:MaxDirectMemorySize=${var.direct_mib}m -Duser.home=${var.data} -Dusers.file=${NOMAD_SECRETS_DIR}/users.json ${var.java_opts}"
      }

      template {
        destination = "${NOMAD_SECRETS_DIR}/broker.conf"
        change_mode = "restart"
        perms       = "0600"
        uid         = var.uid
        gid         = var.uid
        data        = <<-EOT
          brokerClusterName=${var.cluster}
          brokerName=${var.group}
          brokerIP1={{ env "NOMAD_IP_remoting" }}
          brokerIP2={{ env "NOMAD_IP_replication" }}
          listenPort=${var.port}
          haListenPort=${var.port + 2000}
          storePathRootDir=${var.data}/${var.group}
          storePathCommitLog=${var.data}/${var.group}/commitlog
          mappedFileSizeCommitLog=${var.commitlog_file_mib * 1024 * 1024}
          autoCreateTopicEnable=false

          # NameServers are found over HTTP, and asked for again every 10 s.
          fetchNamesrvAddrByAddressServer=true
          rmqAddressServerDomain=${var.endpoint}
          rmqAddressServerSubGroup=${var.nameserver}
          registerNameServerPeriod=10000

          # The controllers choose the master and give each member its id.
          enableControllerMode=true
          controllerAddr=${join(";", [for address in var.controllers : "${address}:${var.controller_port}"])}
          brokerId=-1
          brokerRole=SLAVE

          # No acknowledged message is lost: all members in sync have it, and there are always two.
          allAckInSyncStateSet=true
          minInSyncReplicas=2

          # A member that hangs is noticed in seconds.
          haSendHeartbeatInterval=1000
          haHousekeepingInterval=5000
          checkSyncStateSetPeriod=1000
          syncBrokerMetadataPeriod=1000
          controllerHeartBeatTimeoutMills=5000

          # Two defaults cost a core: the first spins until its interval has passed once, the second compares
          # 37 MB of timer slots byte by byte, each time.
          transactionMetricFlushInterval=500
          timerFlushIntervalMs=10000

          # Nothing is answered without a user's signature, and then only what the user may do. Permissions denies
          # what RocketMQ has no rule for; it is in the image, beside the jars.
          authenticationEnabled=true
          authenticationMetadataProvider=org.apache.rocketmq.auth.authentication.provider.LocalAuthenticationMetadataProvider
          authorizationEnabled=true
          authorizationProvider=Permissions
          authorizationMetadataProvider=org.apache.rocketmq.auth.authorization.provider.LocalAuthorizationMetadataProvider
          {{- with nomadVar "nomad/jobs/rocketmq-broker-${var.group}" }}
          initAuthenticationUser={{ .administrator }}
          innerClientAuthenticationCredentials={{ .brokers }}
          {{- end }}

          ${join("\n", [for name, value in var.properties : "${name}=${value}"])}
        EOT
      }

      # The broker looks at it twice a second, so a change of users restarts nothing.
      template {
        destination = "${NOMAD_SECRETS_DIR}/users.json"
        change_mode = "noop"
        perms       = "0600"
        uid         = var.uid
        gid         = var.uid
        data        = "{{ with nomadVar \"nomad/jobs/rocketmq-broker-${var.group}\" }}{{ .users }}{{ end }}"
      }

      resources {
        cpu    = 200
        memory = var.memory_mib
      }

      logs {
        max_files     = 3
        max_file_size = 10
      }
    }
  }
}
