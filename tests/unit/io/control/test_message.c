/* Control questions and answers on the wire. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>
#include "io/control/message.h"
#include "messages.pb-c.h"

static struct str bytes_of(const struct buf *b)
{
    return (struct str){.p = b->data, .n = b->len};
}

Test(control_message, every_verb_comes_back)
{
    for (enum control_verb v = CONTROL_PING; v <= CONTROL_RESTART; v++) {
        struct control_request q = {.verb = v, .key = "analyzer", .value = "512", .count = 3}, back;
        struct buf wire;
        buf_init(&wire, CONTROL_REQUEST_MAX_BYTES);
        control_request_encode(&q, &wire);
        cr_assert_not(buf_failed(&wire));
        cr_assert_eq(control_request_decode(bytes_of(&wire), &back, NULL), 0);
        cr_assert_eq(back.verb, v);
        cr_assert_eq(control_verb_parse(control_verb_name(v)), v);
        bool key = v == CONTROL_SET || v == CONTROL_SCALE || v == CONTROL_RESTART;
        cr_assert_str_eq(back.key, key ? "analyzer" : "");
        cr_assert_str_eq(back.value, v == CONTROL_SET ? "512" : "");
        cr_assert_eq(back.count, v == CONTROL_SCALE ? 3 : 0);
        buf_fini(&wire);
    }
    cr_assert_eq(control_verb_parse("dance"), 0);
}

Test(control_message, reply_comes_back)
{
    struct control_reply r = {
        .ok = true,
        .worker_id = "0198f2a0-0000-7000-8000-000000000001",
        .kind = "analyzer",
        .instance = "analyzer-1",
        .version = "0.1.0",
        .state = "running",
        .in_flight = 12,
        .concurrency = 256,
        .ops_port = 9101,
        .pid = 77,
        .started_at_us = 1767225600000000ULL,
        .text = (char[]){"{\"a\":1}"},
    };
    struct control_reply back;
    struct buf wire;
    buf_init(&wire, CONTROL_TEXT_MAX_BYTES);
    control_reply_encode(&r, &wire);
    cr_assert_eq(control_reply_decode(bytes_of(&wire), &back, NULL), 0);
    cr_assert(back.ok);
    cr_assert_str_eq(back.worker_id, r.worker_id);
    cr_assert_str_eq(back.kind, "analyzer");
    cr_assert_str_eq(back.instance, "analyzer-1");
    cr_assert_str_eq(back.version, "0.1.0");
    cr_assert_str_eq(back.state, "running");
    cr_assert_eq(back.in_flight, 12);
    cr_assert_eq(back.concurrency, 256);
    cr_assert_eq(back.ops_port, 9101);
    cr_assert_eq(back.pid, 77);
    cr_assert_eq(back.started_at_us, r.started_at_us);
    cr_assert_str_eq(back.text, "{\"a\":1}");
    control_reply_fini(&back);
    cr_assert_null(back.text);
    buf_fini(&wire);
}

Test(control_message, what_does_not_fit_is_refused)
{
    struct control_request q;
    char huge[CONTROL_NAME_BYTES + 1];
    uint8_t wire[CONTROL_REQUEST_MAX_BYTES + 1] = {0};
    struct err err;

    cr_assert_eq(control_request_decode((struct str){.p = (char *)wire, .n = sizeof(wire)}, &q, &err), -ERR_TOO_LARGE);
    cr_assert_eq(control_request_decode(STR("nonsense"), &q, &err), -ERR_CORRUPT);

    Jobmill__ControlRequest w = JOBMILL__CONTROL_REQUEST__INIT;
    w.schema_version = CONTROL_SCHEMA;
    size_t n = jobmill__control_request__pack(&w, wire);
    cr_assert_eq(control_request_decode((struct str){.p = (char *)wire, .n = n}, &q, &err), -ERR_INVALID, "no verb");

    w.schema_version = CONTROL_SCHEMA + 1;
    n = jobmill__control_request__pack(&w, wire);
    cr_assert_eq(control_request_decode((struct str){.p = (char *)wire, .n = n}, &q, &err), -ERR_SCHEMA);
    cr_assert(strstr(err.msg, "version 2") != NULL, "%s", err.msg);

    Jobmill__ControlRequest__Set set = JOBMILL__CONTROL_REQUEST__SET__INIT;
    memset(huge, 'k', sizeof(huge) - 1);
    huge[sizeof(huge) - 1] = '\0';
    set.key = huge;
    w.schema_version = CONTROL_SCHEMA;
    w.verb_case = JOBMILL__CONTROL_REQUEST__VERB_SET;
    w.set = &set;
    n = jobmill__control_request__pack(&w, wire);
    cr_assert_eq(control_request_decode((struct str){.p = (char *)wire, .n = n}, &q, &err), -ERR_INVALID);
}
