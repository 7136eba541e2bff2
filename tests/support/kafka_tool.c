/* What the end-to-end tests do to Kafka behind the programs' backs.
 *
 *   kafka_tool BROKERS produce TOPIC [PARTITION]   standard input as the value of one message
 *   kafka_tool BROKERS dump TOPIC                  every message: "partition offset header=value ... value-in-hex", a
 * line each kafka_tool BROKERS wipe TOPIC...               removes every message that is there now */
#include <librdkafka/rdkafka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WAIT_MS       10000
#define PARTITION_MAX 1024
#define BODY_MAX      (1 << 20)

static rd_kafka_t *client_open(const char *brokers, rd_kafka_type_t type)
{
    char why[256];
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    const char *const settings[][2] = {{"bootstrap.servers", brokers},
                                       {"group.id", "kafka_tool"},
                                       {"enable.auto.commit", "false"}};
    for (size_t i = 0; i < sizeof(settings) / sizeof(settings[0]) - (type == RD_KAFKA_PRODUCER ? 2 : 0); i++)
        if (rd_kafka_conf_set(conf, settings[i][0], settings[i][1], why, sizeof(why)) != RD_KAFKA_CONF_OK)
            exit(fprintf(stderr, "%s\n", why) != 0);
    rd_kafka_t *rk = rd_kafka_new(type, conf, why, sizeof(why));
    if (!rk)
        exit(fprintf(stderr, "%s\n", why) != 0);
    return rk;
}

static int partitions_of(rd_kafka_t *rk, const char *topic)
{
    const struct rd_kafka_metadata *m;
    rd_kafka_topic_t *t = rd_kafka_topic_new(rk, topic, NULL);
    rd_kafka_resp_err_t e = rd_kafka_metadata(rk, 0, t, &m, WAIT_MS);
    if (e || m->topic_cnt != 1 || m->topics[0].err)
        exit(fprintf(stderr, "%s: %s\n", topic, rd_kafka_err2str(e ? e : m->topics[0].err)) != 0);
    int n = m->topics[0].partition_cnt;
    rd_kafka_metadata_destroy(m);
    rd_kafka_topic_destroy(t);
    return n;
}

static int produce(const char *brokers, const char *topic, int partition)
{
    static char body[BODY_MAX];
    size_t n = fread(body, 1, sizeof(body), stdin);
    rd_kafka_t *rk = client_open(brokers, RD_KAFKA_PRODUCER);
    rd_kafka_resp_err_t e =
        rd_kafka_producev(rk, RD_KAFKA_V_TOPIC(topic), RD_KAFKA_V_PARTITION(partition), RD_KAFKA_V_VALUE(body, n),
                          RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY), RD_KAFKA_V_END);
    if (!e)
        e = rd_kafka_flush(rk, WAIT_MS);
    rd_kafka_destroy(rk);
    return e ? fprintf(stderr, "%s\n", rd_kafka_err2str(e)) != 0 : 0;
}

static void print_message(const rd_kafka_message_t *m)
{
    rd_kafka_headers_t *headers;
    const char *name;
    const void *value;
    size_t n;
    printf("%d %lld", m->partition, (long long)m->offset);
    if (rd_kafka_message_headers(m, &headers) == RD_KAFKA_RESP_ERR_NO_ERROR)
        for (size_t i = 0; !rd_kafka_header_get_all(headers, i, &name, &value, &n); i++)
            printf(" %s=%.*s", name, (int)n, (const char *)value);
    printf(" ");
    for (size_t i = 0; i < m->len; i++)
        printf("%02x", ((const unsigned char *)m->payload)[i]);
    printf("\n");
}

static int dump(const char *brokers, const char *topic)
{
    rd_kafka_t *rk = client_open(brokers, RD_KAFKA_CONSUMER);
    int n = partitions_of(rk, topic);
    for (int p = 0; p < n; p++) {
        int64_t low, high;
        if (rd_kafka_query_watermark_offsets(rk, topic, p, &low, &high, WAIT_MS) || low == high)
            continue;
        rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(1);
        rd_kafka_topic_partition_list_add(list, topic, p)->offset = low;
        rd_kafka_assign(rk, list);
        for (int64_t at = low; at < high;) {
            rd_kafka_message_t *m = rd_kafka_consumer_poll(rk, WAIT_MS);
            if (!m || m->err)
                exit(fprintf(stderr, "%s\n", m ? rd_kafka_message_errstr(m) : "nothing came") != 0);
            at = m->offset + 1;
            print_message(m);
            rd_kafka_message_destroy(m);
        }
        rd_kafka_topic_partition_list_destroy(list);
    }
    rd_kafka_destroy(rk);
    return 0;
}

static int wipe(const char *brokers, char **topics, int topics_n)
{
    rd_kafka_t *rk = client_open(brokers, RD_KAFKA_PRODUCER);
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(PARTITION_MAX);
    for (int i = 0; i < topics_n; i++)
        for (int p = 0, n = partitions_of(rk, topics[i]); p < n; p++)
            rd_kafka_topic_partition_list_add(list, topics[i], p)->offset = RD_KAFKA_OFFSET_END;
    rd_kafka_DeleteRecords_t *request = rd_kafka_DeleteRecords_new(list);
    rd_kafka_queue_t *queue = rd_kafka_queue_new(rk);
    rd_kafka_DeleteRecords(rk, &request, 1, NULL, queue);
    rd_kafka_event_t *event = rd_kafka_queue_poll(queue, WAIT_MS);
    int failed = !event || rd_kafka_event_error(event);
    if (failed)
        fprintf(stderr, "%s\n", event ? rd_kafka_event_error_string(event) : "no answer");
    if (event)
        rd_kafka_event_destroy(event);
    rd_kafka_queue_destroy(queue);
    rd_kafka_DeleteRecords_destroy(request);
    rd_kafka_topic_partition_list_destroy(list);
    rd_kafka_destroy(rk);
    return failed;
}

int main(int argc, char **argv)
{
    if (argc >= 4 && strcmp(argv[2], "produce") == 0)
        return produce(argv[1], argv[3], argc > 4 ? atoi(argv[4]) : 0);
    if (argc == 4 && strcmp(argv[2], "dump") == 0)
        return dump(argv[1], argv[3]);
    if (argc >= 4 && strcmp(argv[2], "wipe") == 0)
        return wipe(argv[1], argv + 3, argc - 3);
    fprintf(stderr, "usage: kafka_tool BROKERS produce|dump|wipe TOPIC ...\n");
    return 2;
}
