# shellcheck shell=bash disable=SC2034,SC2154 # the variables are shared with stack.sh
# kafka.sh (sourced by stack.sh): one process that is broker and controller.

kafka_start() {
    local home=$dir/kafka jars=${here%/infra/dev}/build/deps/kafka/libs
    [ -d "$jars" ] || die "Kafka is not installed: run make deps"
    mkdir -p "$home"
    cat >"$home/server.properties" <<TEXT
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:$((base + 1))
listeners=PLAINTEXT://127.0.0.1:$base,CONTROLLER://127.0.0.1:$((base + 1))
advertised.listeners=PLAINTEXT://127.0.0.1:$base
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT
controller.listener.names=CONTROLLER
inter.broker.listener.name=PLAINTEXT
log.dirs=$home/data
num.network.threads=2
num.io.threads=4
# the project makes its topics itself: how many partitions they have is an operator's decision
auto.create.topics.enable=false
default.replication.factor=1
offsets.topic.replication.factor=1
offsets.topic.num.partitions=4
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=2
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
share.coordinator.state.topic.num.partitions=2
group.initial.rebalance.delay.ms=0
group.min.session.timeout.ms=1000
# a broker that was killed may register again at once instead of after 9 s
broker.session.timeout.ms=3000
broker.heartbeat.interval.ms=500
# messages only wake workers, nothing old is of use
log.retention.ms=3600000
log.retention.bytes=268435456
log.segment.bytes=67108864
log.cleaner.dedupe.buffer.size=16777216
TEXT
    if [ ! -e "$home/data/meta.properties" ]; then
        local id
        id=$(head -c 16 /dev/urandom | base64 | tr '+/' '-_' | cut -c 1-22)
        java -XX:TieredStopAtLevel=1 -XX:+UseSerialGC -cp "$jars/*" kafka.tools.StorageTool \
            format --ignore-formatted -t "A${id:1}" -c "$home/server.properties" >>"$dir/log/kafka.log" 2>&1 || return 1
    fi
    spawn kafka java -Xms128m -Xmx512m -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -XX:+ExitOnOutOfMemoryError \
        -Djava.awt.headless=true -Djava.net.preferIPv4Stack=true \
        -Dorg.slf4j.simpleLogger.defaultLogLevel=warn -Dorg.slf4j.simpleLogger.showDateTime=true \
        "-Dorg.slf4j.simpleLogger.dateTimeFormat=yyyy-MM-dd HH:mm:ss.SSS" -Dorg.slf4j.simpleLogger.showThreadName=false \
        -cp "$jars/*" kafka.Kafka "$home/server.properties"
}

# Asks for the cluster's metadata (request 3, version 4, no topics) and wants at least one broker in the answer.
kafka_ready() {
    local answer
    answer=$({
        exec 3<>"/dev/tcp/127.0.0.1/$base" &&
            printf '\0\0\0\x0f\0\x03\0\x04\0\0\0\x01\xff\xff\0\0\0\0\0' >&3 &&
            timeout 2 head -c 16 <&3 | od -An -v -tu1 | tr -d '\n'
    } 2>/dev/null) || return 1
    # shellcheck disable=SC2086
    set -- $answer # bytes 1-4 length, 5-8 request number, 9-12 throttle time, 13-16 number of brokers
    [ $# -eq 16 ] && [ "${16}" -ge 1 ]
}
