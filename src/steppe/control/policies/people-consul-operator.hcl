# A person who operates: settings, maintenance, the servers' quorum; no ACLs and no gossip keys.
agent_prefix "" {
  policy = "write"
}
key_prefix "" {
  policy = "write"
}
node_prefix "" {
  policy = "write"
}
operator = "write"
query_prefix "" {
  policy = "write"
}
service_prefix "" {
  policy = "write"
}
session_prefix "" {
  policy = "write"
}
