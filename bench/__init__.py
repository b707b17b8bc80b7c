"""Measures steppe on this machine, against its goals and against the floor. Decides no test.

floor      the floor: the same machines, agents and JVMs, started by a bare script
up         the figures of `steppe up`, `plan` and `down`, with the floor beside them
engine     the engine's own: calls and seconds of `up` and `plan` where every call takes 50 ms
region     the engine's region
machines   the floor's machines and network; processes: RocketMQ's processes without Nomad
cluster    one run of the real commands; figures: goals, medians and the table; rest: what is used and left
"""
