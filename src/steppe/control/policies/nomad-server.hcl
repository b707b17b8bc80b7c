# A Nomad server: finds agents and services, and registers itself.
agent_prefix "" {
  policy = "read"
}
node_prefix "" {
  policy = "read"
}
service_prefix "" {
  policy = "read"
}
service "nomad" {
  policy = "write"
}
