# A person who operates: restarts and scales what runs, drains nodes, tends the servers. Giving Nomad jobs of
# their own, or a shell in a task, is not in it: tasks may run as root. Nor are gossip keys (agent: write).
namespace "*" {
  policy       = "read"
  capabilities = ["read-logs", "alloc-lifecycle", "scale-job"]
}
node {
  policy = "write"
}
agent {
  policy = "read"
}
operator {
  policy = "write"
}
