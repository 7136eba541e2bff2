/* Inside of the driver. Only fetch*.c include this. */
#pragma once

#include "base/list.h"
#include "io/curl/fetch.h"
#include <curl/curl.h>
#include <netdb.h>
#include <uv.h>

#define FETCH_SHARDS_MAX    512
#define FETCH_ADMIT_BATCH   64 /* calls handed to libcurl in one turn of the loop */
#define FETCH_EVENTS        256
#define FETCH_RESENT_MAX    1 /* a request goes out at most once more */
#define FETCH_URL_BYTES     2048
#define FETCH_CONNECT_MS    10000
#define FETCH_BODY_MAX      ((size_t)4 << 20)
#define FETCH_BUFFER_BYTES  1024
#define FETCH_UPLOAD_BYTES  16384L /* the least there is */
#define FETCH_NAME_FRESH_MS 60000  /* how long a resolved name is good */

/* One multi handle with its connections. */
struct fetch_shard {
    struct fetch *fetch;
    CURLM *multi;
    struct list sending; /* calls whose body may not be out yet */
    size_t count;        /* transfers in it */
    uint64_t due_ms;     /* loop time of libcurl's own timer; UINT64_MAX: none */
    bool kicked;         /* libcurl asked to be called at once */
    uint32_t index;
};

/* An easy handle and the target whose options it carries (NULL: none). */
struct fetch_easy {
    struct list link; /* in fetch.spare */
    CURL *curl;
    struct fetch_target *target;
    struct fetch_call *call; /* whose transfer it runs; NULL: spare */
    size_t buffer_bytes;
    bool told; /* CURLOPT_RESOLVE is set */
    char error[CURL_ERROR_SIZE];
};

enum fetch_phase { FETCH_PHASE_WAITING = 0, FETCH_PHASE_CONNECTING, FETCH_PHASE_SENT, FETCH_PHASE_ANSWERED };

struct fetch_call {
    struct list link; /* in fetch.waiting or target.naming or shard.sending or fetch.ended */
    struct fetch *fetch;
    struct fetch_request request;
    struct fetch_easy *easy;   /* while in flight */
    struct fetch_shard *shard; /* while in flight */
    enum fetch_phase phase;
    uint8_t sends; /* times the request went out */
    bool cancelled, stopped, too_large;
    bool body_gone; /* fetch_request.out was called */
    int status, http_version;
    loop_fn *dropped;                                           /* cancelled: called when the call's memory goes */
    uint64_t queued_ms, started_ms, sent_ms, first_ms, last_ms; /* loop time */
    uint64_t due_ms;                                            /* key of the heap: not later than the real deadline */
    size_t heap_at;                                             /* index + 1; 0: not in it */
    struct buf head, body;
};

enum fetch_h2 { FETCH_H2_UNKNOWN = 0, FETCH_H2_NO, FETCH_H2_YES };

/* A host's name and its addresses. */
enum fetch_name { FETCH_NAME_NONE = 0, FETCH_NAME_GOOD, FETCH_NAME_LITERAL };

struct fetch_target {
    struct fetch *fetch;
    size_t refs; /* the owner's and one for each call */
    char *url, *proxy, *ca_file;
    struct curl_slist *headers;
    bool insecure, tls;
    enum fetch_http http;
    enum fetch_h2 h2;
    char host[256]; /* that is connected to: the server's, or the proxy's */
    uint16_t port;
    enum fetch_name name;
    uint64_t name_ms;               /* when it was resolved */
    struct curl_slist *resolve;     /* "host:port:addresses" for libcurl */
    struct curl_slist *resolve_old; /* the one before it */
    bool resolve_told, asking;
    struct list naming; /* calls that wait for the name */
};

struct fetch {
    struct loop *loop;
    struct fetch_options options;
    int epoll_fd;
    struct loop_poll *poll;
    struct loop_timer *timer; /* the earliest of all deadlines */
    uint64_t timer_ms;        /* what it is set to; UINT64_MAX: idle */
    CURLSH *share;            /* names and TLS sessions of all shards */
    struct fetch_shard *shards[FETCH_SHARDS_MAX];
    size_t shards_count;
    struct list waiting, spare, ended;
    size_t waiting_count, spare_count, in_flight, targets;
    struct fetch_call **heap;
    size_t heap_count, heap_cap;
    bool trust_known, trust_folder; /* see easy_set_trust */
    bool unloads;                   /* see fetch_easy_unload */
    bool busy;                      /* inside libcurl or a callback: what cannot be done there waits for the pump */
    bool deferred;                  /* a pump is promised */
    uint64_t started, done, resent;
    loop_fn *dropped; /* of fetch_free_with */
    bool freed;       /* fetch_free ran: memory goes with the promised pump */
    size_t names_asked;
    unsigned port_low, port_high, port_next; /* windows of local ports; see fetch_easy.c */
    unsigned dispatching;                    /* callbacks on the stack */
};

/* fetch.c */
void fetch_pump_later(struct fetch *f);
void fetch_call_end(struct fetch_call *c, enum fetch_end end, const char *reason);
void fetch_target_unref(struct fetch_target *t);
void fetch_memory_free(struct fetch *f);
void fetch_call_phase(struct fetch_call *c, enum fetch_phase phase);

/* fetch_shard.c */
struct fetch_shard *fetch_shard_pick(struct fetch *f, const struct fetch_target *t);
int fetch_shard_add(struct fetch_shard *s, struct fetch_call *c);
void fetch_shard_remove(struct fetch_call *c);
void fetch_shards_kick(struct fetch *f);
void fetch_shards_free(struct fetch *f);
void fetch_ready(void *ud, int events); /* loop_poll_fn */
void fetch_timer_arm(struct fetch *f);
void fetch_timer_fired(void *ud);

/* fetch_easy.c */
struct fetch_easy *fetch_easy_take(struct fetch *f, struct fetch_call *c);
void fetch_easy_release(struct fetch *f, struct fetch_easy *e, bool clean);
void fetch_easy_free(struct fetch *f, struct fetch_easy *e);
/* Gives the memory back that libcurl sent the body from; false while it still needs it. */
bool fetch_easy_unload(struct fetch_easy *e);
enum fetch_end fetch_easy_verdict(struct fetch_call *c, CURLcode rc, char reason[FETCH_REASON_BYTES]);

bool fetch_target_shares(const struct fetch_target *t); /* its connections may carry several calls at once */
void fetch_easy_init(struct fetch *f);
void fetch_ports_init(struct fetch *f);

/* fetch_heap.c */
bool fetch_heap_reserve(struct fetch *f, size_t n);
void fetch_heap_add(struct fetch *f, struct fetch_call *c);
void fetch_heap_remove(struct fetch *f, struct fetch_call *c);
/* The real deadline now, UINT64_MAX when there is none; *ret says which end it means. */
uint64_t fetch_deadline(const struct fetch_call *c, enum fetch_end *ret);
/* Ends what is overdue; returns the next time to look, UINT64_MAX: never. */
uint64_t fetch_heap_expire(struct fetch *f, uint64_t now_ms);

/* fetch_name.c */
/* The target's name is good to connect to; else the call was put aside until it is. */
bool fetch_name_ready(struct fetch_target *t, struct fetch_call *c);
int fetch_name_init(struct fetch_target *t, struct err *err);
