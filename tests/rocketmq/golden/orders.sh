nomad job run \
  -var group=main \
  -var 'hosts=["orders-nameserver-a", "orders-nameserver-b", "orders-nameserver-c"]' \
  -var 'members=["10.81.0.16", "10.81.0.17", "10.81.0.18"]' \
  -var port=9876 \
  -var controller_port=9878 \
  -var heap_mib=192 \
  -var memory_mib=448 \
  -var 'java_opts=-XX:+UseSerialGC -XX:TieredStopAtLevel=1 -XX:+ExitOnOutOfMemoryError' \
  nameserver.nomad.hcl
nomad job run \
  -var 'groups=[{"name": "main", "members": ["10.81.0.16", "10.81.0.17", "10.81.0.18"]}]' \
  -var nameserver_port=9876 \
  -var port=8080 \
  endpoint.nomad.hcl
nomad job run \
  -var cluster=orders \
  -var group=orders-0 \
  -var nameserver=main \
  -var 'controllers=["10.81.0.16", "10.81.0.17", "10.81.0.18"]' \
  -var endpoint=10.81.15.200:8080 \
  -var port=10911 \
  -var controller_port=9878 \
  -var members=3 \
  -var heap_mib=512 \
  -var direct_mib=256 \
  -var memory_mib=1280 \
  -var commitlog_file_mib=64 \
  -var 'java_opts=-XX:+UseSerialGC -XX:TieredStopAtLevel=1 -XX:+ExitOnOutOfMemoryError' \
  broker.nomad.hcl
