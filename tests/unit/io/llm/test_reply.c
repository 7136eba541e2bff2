/* Answers, whole and streamed: text, usage, reasons, vectors; and the journal's form of them. */
#include "fixture.h"

TestSuite(llm_reply, .timeout = 60);

#define OPENAI    LLM_PROVIDER_OPENAI
#define ANTHROPIC LLM_PROVIDER_ANTHROPIC

static const char openai_ok[] = "{\"id\":\"chatcmpl-1\",\"object\":\"chat.completion\",\"model\":\"gpt-4o-2024-08-06\","
                                "\"choices\":[{\"index\":0,\"message\":{\"role\":\"assistant\","
                                "\"content\":\"{\\\"a\\\":1}\",\"refusal\":null},\"finish_reason\":\"stop\"}],"
                                "\"usage\":{\"prompt_tokens\":1432,\"completion_tokens\":78,"
                                "\"total_tokens\":1510,\"prompt_tokens_details\":{\"cached_tokens\":1280},\"completion_"
                                "tokens_details\":{\"reasoning_tokens\":5}},\"service_tier\":\"default\"}";
static const char openai_stream[] =
    ": a comment\r\n\r\ndata: "
    "{\"id\":\"c1\",\"model\":\"m\",\"choices\":[{\"index\":0,\"delta\":{\"role\":\"assistant\",\"content\":\"\"},"
    "\"finish_reason\":null}],\"usage\":null}\r\n\r\n"
    "data: "
    "{\"id\":\"c1\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"{\\\"a\\\":\"},\"finish_reason\":null}]}\n\n"
    "data: {\"id\":\"c1\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"1}\"},\"finish_reason\":null}]}\n\n"
    "data: {\"id\":\"c1\",\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n"
    "data: {\"id\":\"c1\",\"choices\":[],\"usage\":{\"prompt_tokens\":10,\"completion_tokens\":3}}\n\ndata: [DONE]\n\n";
static const char anthropic_ok[] =
    "{\"id\":\"msg_1\",\"type\":\"message\",\"role\":\"assistant\",\"model\":\"claude-x\",\"content\":[{\"type\":"
    "\"thinking\",\"thinking\":\"hm\"},{\"type\":\"text\",\"text\":\"{\\\"a\\\":\"},"
    "{\"type\":\"novelty\"},{\"type\":\"text\",\"text\":\"1}\"}],\"stop_reason\":\"end_turn\",\"usage\":{\"input_"
    "tokens\":152,\"cache_creation_input_tokens\":20,"
    "\"cache_read_input_tokens\":4310,\"cache_creation\":{\"ephemeral_5m_input_tokens\":15,\"ephemeral_1h_input_"
    "tokens\":5},\"output_tokens\":93,\"service_tier\":\"standard\"}}";
static const char anthropic_stream[] =
    "event: message_start\ndata: "
    "{\"type\":\"message_start\",\"message\":{\"id\":\"msg_1\",\"model\":\"claude-x\",\"content\":[],\"usage\":{"
    "\"input_tokens\":152,"
    "\"cache_read_input_tokens\":40,\"output_tokens\":1}}}\n\nevent: ping\ndata: {\"type\":\"ping\"}\n\n"
    "event: content_block_start\ndata: "
    "{\"type\":\"content_block_start\",\"index\":0,\"content_block\":{\"type\":\"tool_use\",\"id\":\"t\",\"name\":"
    "\"answer\",\"input\":{}}}\n\n"
    "event: content_block_delta\ndata: "
    "{\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":\"input_json_delta\",\"partial_json\":\"{"
    "\\\"a\\\":\"}}\n\n"
    "event: content_block_delta\ndata: "
    "{\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":\"input_json_delta\",\"partial_json\":\"1}\"}}"
    "\n\n"
    "event: content_block_stop\ndata: {\"type\":\"content_block_stop\",\"index\":0}\n\n"
    "event: message_delta\ndata: "
    "{\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"tool_use\"},\"usage\":{\"output_tokens\":93}}\n\n"
    "event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n";

static void is_answer(struct heard *h)
{
    cr_assert_eq(h->rc, 0, "%s", h->fault.sentence);
    cr_assert(str_eqc(h->reply.text, "{\"a\":1}"), STR_FMT, STR_ARG(h->reply.text));
}

Test(llm_reply, openai_whole)
{
    struct heard h;
    hear(&h, OPENAI, 200, "x-request-id: req_9\n", openai_ok);
    is_answer(&h);
    cr_assert_eq(h.reply.finish, LLM_FINISH_STOP);
    cr_assert(h.reply.usage.known);
    cr_assert_eq(h.reply.usage.input, 1432);
    cr_assert_eq(h.reply.usage.cached_read, 1280);
    cr_assert_eq(h.reply.usage.output, 78);
    cr_assert_eq(h.reply.usage.reasoning, 5);
    cr_assert(str_eqc(h.reply.id, "chatcmpl-1"));
    cr_assert(str_eqc(h.reply.model, "gpt-4o-2024-08-06"));
    cr_assert(str_eqc(h.reply.request_id, "req_9"));
    heard_fini(&h);
    LEAK_NONE();
}

Test(llm_reply, openai_stream)
{
    struct heard h;
    hear(&h, OPENAI, 200, "", openai_stream);
    is_answer(&h);
    cr_assert_eq(h.reply.usage.input, 10);
    cr_assert_eq(h.reply.usage.output, 3);
    heard_fini(&h);
}

Test(llm_reply, anthropic_whole)
{
    struct heard h;
    hear(&h, ANTHROPIC, 200, "request-id: req_7\n", anthropic_ok);
    is_answer(&h);
    cr_assert(str_eqc(h.reply.thinking, "hm"));
    cr_assert_eq(h.reply.usage.input, 152 + 20 + 4310);
    cr_assert_eq(h.reply.usage.cached_read, 4310);
    cr_assert_eq(h.reply.usage.cache_write, 20);
    cr_assert_eq(h.reply.usage.cache_write_1h, 5);
    cr_assert_eq(h.reply.usage.output, 93);
    cr_assert(str_eqc(h.reply.request_id, "req_7"));
    heard_fini(&h);
}

Test(llm_reply, anthropic_stream)
{
    struct heard h;
    hear(&h, ANTHROPIC, 200, "", anthropic_stream);
    is_answer(&h);
    cr_assert(h.reply.is_tool);
    cr_assert_eq(h.reply.finish, LLM_FINISH_TOOL);
    cr_assert_eq(h.reply.usage.input, 192);
    cr_assert_eq(h.reply.usage.output, 93);
    heard_fini(&h);
}

/* A stream that is cut anywhere is never taken for a whole one, unless its reason to finish was seen. */
Test(llm_reply, a_cut_stream_is_seen)
{
    static const struct llm_expect chat = {.kind = LLM_CALL_CHAT};
    const char *texts[] = {openai_stream, anthropic_stream};
    const char *ends[] = {"\"finish_reason\":\"stop\"}]}", "{\"type\":\"message_stop\"}"};
    for (int p = 0; p < 2; p++) {
        size_t whole = (size_t)(strstr(texts[p], ends[p]) - texts[p]) + strlen(ends[p]);
        for (size_t n = 0; n < strlen(texts[p]); n++) {
            struct heard h;
            char *exact = malloc(n + 1);
            memcpy(exact, texts[p], n);
            hear_full(&h, p ? ANTHROPIC : OPENAI, 200, "", (struct str){.p = exact, .n = n}, &chat);
            cr_assert_eq(h.rc == 0, n >= whole, "%d: %zu of %zu", p, n, whole);
            heard_fini(&h);
            free(exact);
        }
    }
    LEAK_NONE();
}

Test(llm_reply, tool_calls_refusals_and_filters)
{
    struct heard h;
    hear(&h, OPENAI, 200, "",
         "{\"choices\":[{\"message\":{\"content\":null,\"tool_calls\":[{\"id\":\"x\",\"type\":\"function\","
         "\"function\":{\"name\":\"answer\",\"arguments\":\"{\\\"a\\\":1}\"}}]},"
         "\"finish_reason\":\"tool_calls\"}]}");
    is_answer(&h);
    cr_assert(h.reply.is_tool);
    cr_assert_not(h.reply.usage.known);
    heard_fini(&h);
    hear(&h, OPENAI, 200, "",
         "{\"choices\":[{\"message\":{\"content\":null,\"refusal\":\"I cannot\"},\"finish_reason\":\"stop\"}]}");
    cr_assert_eq(h.rc, 0);
    cr_assert_eq(h.reply.finish, LLM_FINISH_REFUSAL);
    cr_assert(str_eqc(h.reply.refusal, "I cannot"));
    heard_fini(&h);
    hear(&h, OPENAI, 200, "", "{\"choices\":[{\"message\":{\"content\":\"\"},\"finish_reason\":\"content_filter\"}]}");
    cr_assert_eq(h.reply.finish, LLM_FINISH_FILTER);
    heard_fini(&h);
    hear(&h, OPENAI, 200, "",
         "{\"choices\":[{\"message\":{\"content\":[{\"type\":\"text\",\"text\":\"{\\\"a\\\"\"},{\"type\":\"text\","
         "\"text\":\":1}\"}]},\"finish_reason\":\"later\"}]}");
    is_answer(&h);
    cr_assert_eq(h.reply.finish, LLM_FINISH_OTHER);
    heard_fini(&h);
    hear(&h, ANTHROPIC, 200, "",
         "{\"content\":[],\"stop_reason\":\"refusal\",\"stop_details\":{\"type\":\"refusal\",\"explanation\":\"no\"}}");
    cr_assert_eq(h.rc, 0);
    cr_assert_eq(h.reply.finish, LLM_FINISH_REFUSAL);
    heard_fini(&h);
    hear(&h, ANTHROPIC, 200, "", "{\"content\":[{\"type\":\"text\",\"text\":\"x\"}],\"stop_reason\":\"max_tokens\"}");
    cr_assert_eq(h.reply.finish, LLM_FINISH_LENGTH);
    heard_fini(&h);
}

Test(llm_reply, errors_inside_of_streams)
{
    struct heard h;
    hear(&h, OPENAI, 200, "",
         "data: {\"choices\":[{\"delta\":{\"content\":\"x\"}}]}\n\ndata: {\"error\":{\"message\":\"The server had an "
         "error\",\"type\":\"server_error\"}}\n\n");
    cr_assert_eq(h.fault.kind, LLM_FAULT_SERVER);
    cr_assert(h.fault.maybe_paid);
    heard_fini(&h);
    hear(&h, ANTHROPIC, 200, "",
         "event: error\ndata: "
         "{\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\",\"message\":\"Overloaded\"}}\n\n");
    cr_assert_eq(h.fault.kind, LLM_FAULT_OVERLOADED);
    heard_fini(&h);
}

Test(llm_reply, embeddings)
{
    struct llm_expect two = {.kind = LLM_CALL_EMBED, .inputs_count = 2, .dimensions = 4};
    struct heard h;
    /* 0.5, -0.25, 0.125, 1.0 in base64; the second, first in order, as decimals */
    hear_full(&h, OPENAI, 200, "",
              STR("{\"object\":\"list\",\"data\":[{\"index\":1,\"embedding\":[0,1,0,0]},{\"index\":0,\"embedding\":"
                  "\"AAAAPwAAgL4AAAA+AACAPw==\"}],\"model\":\"m\","
                  "\"usage\":{\"prompt_tokens\":5,\"total_tokens\":5}}"),
              &two);
    cr_assert_eq(h.rc, 0, "%s", h.fault.sentence);
    cr_assert_eq(h.reply.dimensions, 4u);
    cr_assert_eq(h.reply.usage.input, 5);
    cr_assert_float_eq(h.reply.vectors[3] / h.reply.vectors[0], 2.0, 1e-5); /* made a unit vector */
    cr_assert_float_eq(h.reply.vectors[1] / h.reply.vectors[0], -0.5, 1e-5);
    cr_assert_float_eq(h.reply.vectors[5], 1.0, 1e-6);
    heard_fini(&h);
    static const struct {
        const char *data;
        enum llm_fault_kind kind;
    } bad[] = {{"[{\"index\":0,\"embedding\":[1,0,0,0]}]", LLM_FAULT_MALFORMED},
               {"[{\"index\":0,\"embedding\":[1,0,0,0]},{\"index\":0,\"embedding\":[1,0,0,0]}]", LLM_FAULT_MALFORMED},
               {"[{\"index\":0,\"embedding\":[1,0,0]},{\"index\":1,\"embedding\":[1,0,0]}]", LLM_FAULT_DIMENSIONS},
               {"[{\"index\":0,\"embedding\":[1,0,0,0]},{\"index\":1,\"embedding\":[1,0,0]}]", LLM_FAULT_MALFORMED},
               {"[{\"index\":0,\"embedding\":[0,0,0,0]},{\"index\":1,\"embedding\":[1,0,0,0]}]", LLM_FAULT_MALFORMED},
               {"[{\"index\":0,\"embedding\":[1,null,0,0]},{\"index\":1,\"embedding\":[1,0,0,0]}]",
                LLM_FAULT_MALFORMED},
               {"[{\"index\":0,\"embedding\":\"!!!!\"},{\"index\":1,\"embedding\":\"AAAA\"}]", LLM_FAULT_MALFORMED},
               {"[{\"index\":0,\"embedding\":\"AAAAAAAAAAAAAAAAAADAfw==\"},{\"index\":1,\"embedding\":[1,0,0,0]}]",
                LLM_FAULT_MALFORMED}};
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        char body[512];
        snprintf(body, sizeof(body), "{\"data\":%s,\"model\":\"m\"}", bad[i].data);
        hear_full(&h, OPENAI, 200, "", str_of(body), &two);
        cr_expect_eq(h.rc, -1, "%zu", i);
        cr_expect_eq(h.fault.kind, bad[i].kind, "%zu: %s", i, h.fault.sentence);
        heard_fini(&h);
    }
    LEAK_NONE();
}

Test(llm_reply, the_journal_gives_back_what_came)
{
    struct llm_raw raw = {.end = FETCH_END_DONE,
                          .status = 200,
                          .sent = true,
                          .head = STR("Content-Type: application/json\nServer: x\nX-Request-Id: r\n"),
                          .body = {.p = openai_ok, .n = sizeof(openai_ok) - 1},
                          .reason = STR("")};
    struct llm_raw again;
    struct buf b;
    struct err err;
    buf_init(&b, 1 << 20);
    llm_raw_pack(&raw, &b);
    cr_assert_eq(llm_raw_unpack((struct str){.p = b.data, .n = b.len}, &again, &err), 0);
    cr_assert(str_eq(again.body, raw.body));
    cr_assert(str_eqc(again.head, "Content-Type: application/json\nX-Request-Id: r\n"));
    cr_assert_eq(again.status, 200);
    cr_assert(again.sent);
    for (size_t n = 0; n < b.len; n++) { /* a damaged journal is an error, not a guess */
        char *exact = malloc(n + 1);
        memcpy(exact, b.data, n);
        cr_assert_eq(llm_raw_unpack((struct str){.p = exact, .n = n}, &again, &err), -ERR_CORRUPT, "%zu", n);
        free(exact);
    }
    buf_fini(&b);
    LEAK_NONE();
}
