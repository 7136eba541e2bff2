/* The API as the commands use it: address and key from the configuration, problems as one sentence. */
#pragma once

#include "base/json.h"
#include "cli/cli.h"
#include "io/curl/client.h"

#define API_URL_BYTES         1024
#define API_ARENA_MAX_BYTES   ((size_t)512 * 1024 * 1024)
#define API_IDEMPOTENCY_BYTES 40

struct api {
    const struct cli *cli;
    struct http_client *http;
    char base[256]; /* "http://127.0.0.1:8080" */
    char auth[320]; /* header */
};

/* The address is client.url, else run.dir/url; the key client.api_key, else run.dir/api-key. ERR_CONFIG,
 * ERR_UNAVAILABLE (nothing runs there). */
int api_open(struct api *a, const struct cli *cli, struct err *err);
void api_close(struct api *a);

struct api_request {
    const char *method;       /* NULL: GET */
    const char *path;         /* "/api/v1/..." */
    const char *content_type; /* of body or file; NULL: application/json */
    const char *accept;       /* NULL: anything */
    struct str body;
    FILE *file;                  /* streamed; rewound for another try */
    const char *idempotency_key; /* NULL: none. GET, PUT and requests with a key are sent again when the connection was
                                    lost or the server is busy */
    const char *last_event_id;   /* NULL: none */
    http_client_data_fn *on_data;
    http_client_tick_fn *tick;
    void *ud; /* of both */
    uint64_t silence_ms;
    uint64_t total_ms;
};

struct api_reply {
    int status;
    bool stopped;
    struct buf body; /* empty when it was streamed */
    struct arena arena;
    yyjson_val *json; /* of a JSON body; NULL otherwise */
    char request_id[64];
    char etag[96];
};

/* 0 for a 2xx (and 304). Else err: a problem's detail, its pointers and the request id in one sentence;
 * ERR_UNAUTHORIZED for a key refused. api_reply_fini(ret) in any case. */
int api_call(struct api *a, const struct api_request *q, struct api_reply *ret, struct err *err);
int api_get(struct api *a, struct api_reply *ret, struct err *err, const char *path_fmt, ...) PRINTF_LIKE(4, 5);
void api_reply_fini(struct api_reply *r);

/* A fresh Idempotency-Key. */
const char *api_key_make(char out[API_IDEMPOTENCY_BYTES]);
/* Whether word is an id; ERR_CONFIG with a sentence when not. */
int api_id_check(const char *word, const char *what, struct err *err);
