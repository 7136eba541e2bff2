/* Endpoints, arenas and answers for the tests of io/llm. */
#pragma once

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>
#include "io/curl/fetch.h"
#include "io/llm/json_reply.h"
#include "io/llm/reply.h"
#include "io/llm/request.h"
#include "leak.h"

#define TEST_KEY "sk-test-0123456789abcdefABCDEF"

UNUSED static struct llm_endpoint test_endpoint(enum llm_provider p, const char *url)
{
    struct llm_endpoint e;
    struct err err;
    struct llm_endpoint_options o = {.provider = p,
                                     .base_url = url,
                                     .key = STR(TEST_KEY),
                                     .api_version = url && strstr(url, "deployments") ? "2024-10-21" : NULL};
    cr_assert_eq(llm_endpoint_init(&e, &o, &err), 0, "%s", err.msg);
    return e;
}

struct heard {
    struct arena arena;
    struct llm_reply reply;
    struct llm_fault fault;
    int rc;
};

UNUSED static void hear_full(struct heard *h, enum llm_provider p, int status, const char *head, struct str body,
                             const struct llm_expect *expect)
{
    struct llm_endpoint e = test_endpoint(p, NULL);
    struct llm_raw raw = {.end = FETCH_END_DONE,
                          .status = status,
                          .sent = true,
                          .head = str_of(head),
                          .body = body,
                          .reason = str_of("")};
    arena_init(&h->arena, (size_t)16 << 20);
    h->rc = llm_reply_parse(&e, &raw, expect, &h->arena, &h->reply, &h->fault);
}

UNUSED static void hear(struct heard *h, enum llm_provider p, int status, const char *head, const char *body)
{
    static const struct llm_expect chat = {.kind = LLM_CALL_CHAT};
    hear_full(h, p, status, head, str_of(body), &chat);
}

UNUSED static void heard_fini(struct heard *h)
{
    arena_fini(&h->arena);
}

/* A file of the reference data beside the repository; NULL when it is not there. free() it. */
UNUSED static char *reference_file(const char *name, size_t *ret_n)
{
    const char *data = getenv("JOBMILL_EVAL_DATA");
    char path[1024];
    if (data)
        snprintf(path, sizeof(path), "%s/../reference/llm/examples/%s", data, name);
    else
        snprintf(path, sizeof(path), "%s/../shared/reference/llm/examples/%s", JOBMILL_SOURCE_DIR, name);
    FILE *f = fopen(path, "rb");
    if (!f)
        return NULL;
    char *text = malloc(1 << 20);
    *ret_n = fread(text, 1, (1 << 20) - 1, f);
    text[*ret_n] = '\0';
    fclose(f);
    return text;
}
