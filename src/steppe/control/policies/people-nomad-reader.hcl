# A person who looks: jobs, their logs, nodes and servers; no files of tasks.
namespace "*" {
  policy       = "read"
  capabilities = ["read-logs"]
}
node {
  policy = "read"
}
agent {
  policy = "read"
}
operator {
  policy = "read"
}
