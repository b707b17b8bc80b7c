# A person who looks: everything but secrets, ACLs and gossip keys.
agent_prefix "" {
  policy = "read"
}
key_prefix "steppe/" {
  policy = "read"
}
node_prefix "" {
  policy = "read"
}
operator = "read"
query_prefix "" {
  policy = "read"
}
service_prefix "" {
  policy = "read"
}
session_prefix "" {
  policy = "read"
}
