"""The control room: Consul and Nomad, through their HTTP APIs and one access path.

    secrets     every secret, made and kept before any host exists
    access      the way in: through the bastion's tunnel, or directly
    bootstrap   ACLs, tokens and workload identity, in calls that can be repeated
    conditions  named conditions: wait for them, or look once
    health      the conditions that make a cluster well; `up`, `roll`, `status` and tests share them

Nothing is imported here: making first-boot files needs the secrets, but no connection.
"""
