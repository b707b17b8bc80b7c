# A Nomad client: finds agents and services, and removes the services of tasks that are gone.
agent_prefix "" {
  policy = "read"
}
node_prefix "" {
  policy = "read"
}
service_prefix "" {
  policy = "write"
}
