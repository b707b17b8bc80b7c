#!/bin/sh
# Makes a host of a freshly installed Debian: run as root inside it, after images/host was copied to /, and
# Consul, Nomad, RocketMQ's jars and our own programs were put in their places. Safe to run again.
set -eu

# 1. Users. The numbers are fixed, so that files mean the same on every host and in every archive.
id consul >/dev/null 2>&1 || useradd --system --uid 900 --user-group --no-create-home --home-dir /data/consul \
  --shell /usr/sbin/nologin consul
id rocketmq >/dev/null 2>&1 || useradd --system --uid 902 --user-group --no-create-home --home-dir /data/rocketmq \
  --shell /usr/sbin/nologin rocketmq

# 2. Folders.
install -d -m 0755 /etc/steppe /data
install -d -m 0750 -g consul /etc/consul.d
install -d -m 0700 /etc/nomad.d
install -d -m 0755 /opt/rocketmq/cds

# 3. RocketMQ's class path in a fixed order: class-data archives are only good for the very same one.
find /opt/rocketmq/lib /opt/rocketmq/java -name '*.jar' | LC_ALL=C sort | paste -s -d: >/opt/rocketmq/classpath

# 4. Units. Agents are enabled by a host's user-data, which brings their configuration.
systemctl enable first-boot.service cgroup-writable.service kernel-settings.service ssh.service
systemctl disable consul.service nomad.service nomad-keys.service steppe-addresses.service nftables.service \
  stunnel4.service 2>/dev/null
systemctl set-default multi-user.target
# Nothing changes a host behind its operator's back; its network and clock stay as the base image has them.
systemctl mask apt-daily.timer apt-daily-upgrade.timer dpkg-db-backup.timer e2scrub_all.timer \
  e2scrub_reap.service fstrim.timer console-getty.service ssh.socket 2>/dev/null

# 5. No identity in an image: each host gets its own.
rm -f /etc/ssh/ssh_host_*
: >/etc/machine-id
rm -f /var/lib/dbus/machine-id /etc/hostname
