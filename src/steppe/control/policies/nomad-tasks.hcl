# A task under Nomad, by its workload identity: finds nodes and services, reads its settings.
node_prefix "" {
  policy = "read"
}
service_prefix "" {
  policy = "read"
}
key_prefix "steppe/" {
  policy = "read"
}
