#!/bin/sh
# Makes class-data archives of RocketMQ's programs: each is started for real once, and what it loaded is kept.
# Run as root inside the image, in a network of its own, after provision.sh. They halve the start of a JVM.
set -eu
home=/opt/rocketmq
work=$(mktemp -d)
trap 'kill $broker $namesrv 2>/dev/null || true; rm -rf "$work"' EXIT
broker= namesrv=

# RocketMQ looks for an address that is not the loopback's.
address=192.0.2.1
ip link add archive0 type veth peer name archive1
ip link set archive1 up
ip address add $address/24 dev archive0
ip link set archive0 up

# What a JVM loads doesn't depend on its compiler and collector; these start quickest.
archive() {
  echo "-XX:+UseSerialGC -XX:TieredStopAtLevel=1 -XX:ArchiveClassesAtExit=$home/cds/$1.jsa -Duser.home=$work"
}

# await FILE PATTERN: until the program has said so, at most a minute.
await() {
  tries=600
  until grep -q "$2" "$1" 2>/dev/null; do
    tries=$((tries - 1))
    [ "$tries" -gt 0 ] || { cat "$1" >&2; exit 1; }
    sleep 0.1
  done
}

cat >"$work/namesrv.conf" <<CONF
listenPort=9876
enableControllerInNamesrv=true
controllerDLegerGroup=archive
controllerDLegerPeers=n0-$address:9878
controllerDLegerSelfId=n0
controllerStorePath=$work/controller
CONF
JAVA_OPTS="-Xmx192m $(archive namesrv)" $home/bin/namesrv -c "$work/namesrv.conf" >"$work/namesrv.log" 2>&1 &
namesrv=$!
await "$work/namesrv.log" 'boot success'

# With users, as every broker has them: what authentication loads belongs into the archive too.
provider=org.apache.rocketmq.auth
cat >"$work/users.json" <<USERS
[{"name": "archive", "secret": "archive-secret", "grants": [
  {"resource": "Topic:archive", "actions": ["Pub", "Sub", "Get"]}, {"resource": "Group:*", "actions": ["Sub", "Get"]}]}]
USERS
cat >"$work/user.conf" <<CONF
accessKey=archive
secretKey=archive-secret
CONF
mkdir "$work/conf"
cat >"$work/conf/tools.yml" <<CONF
accessKey: admin
secretKey: admin-secret
CONF

cat >"$work/broker.conf" <<CONF
brokerClusterName=archive
brokerName=archive
brokerId=-1
brokerRole=SLAVE
namesrvAddr=$address:9876
brokerIP1=$address
brokerIP2=$address
listenPort=10911
haListenPort=10912
enableControllerMode=true
controllerAddr=$address:9878
storePathRootDir=$work/store
storePathCommitLog=$work/store/commitlog
mappedFileSizeCommitLog=67108864
autoCreateTopicEnable=false
transactionMetricFlushInterval=500
timerFlushIntervalMs=10000
authenticationEnabled=true
authenticationMetadataProvider=$provider.authentication.provider.LocalAuthenticationMetadataProvider
initAuthenticationUser={"username":"admin","password":"admin-secret"}
innerClientAuthenticationCredentials={"accessKey":"inner","secretKey":"inner-secret"}
authorizationEnabled=true
authorizationProvider=Permissions
authorizationMetadataProvider=$provider.authorization.provider.LocalAuthorizationMetadataProvider
CONF
JAVA_OPTS="-Xmx256m -XX:MaxDirectMemorySize=128m -Dusers.file=$work/users.json $(archive broker)" \
  $home/bin/broker -c "$work/broker.conf" >"$work/broker.log" 2>&1 &
broker=$!
await "$work/broker.log" 'boot success'

JAVA_OPTS="-Xmx128m -Drocketmq.home.dir=$work $(archive mqadmin)" \
  $home/bin/mqadmin updateTopic -n $address:9876 -b $address:10911 -t archive -r 4 -w 4 >"$work/topic.log" 2>&1
JAVA_OPTS="-Xmx128m $(archive verify)" \
  $home/bin/verify --namesrv $address:9876 --topic archive --messages 500 \
  --credentials "$work/user.conf" >"$work/verify.log" 2>&1 ||
  { cat "$work/verify.log" >&2; exit 1; }

kill $broker
wait $broker || true
kill $namesrv
wait $namesrv || true
broker= namesrv=
ls -l $home/cds
for name in namesrv broker mqadmin verify; do [ -s $home/cds/$name.jsa ]; done
