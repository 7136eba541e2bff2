#include "cli/probe.h"

#include <stdio.h>
#include <string.h>
#include "io/control/client.h"
#include "io/control/server.h"
#include "io/curl/client.h"

#define PROBE_CONTROL_MS 400
#define PROBE_HTTP_MS    800

bool probe_gateway(const char *url, int timeout_ms)
{
    char ready[PROBE_URL_BYTES + 16];
    snprintf(ready, sizeof(ready), "%s/readyz", url);
    _cleanup_(http_client_freep)
    struct http_client *c = http_client_new();
    if (!c)
        return false;
    struct http_client_request q = {.url = ready, .connect_ms = (uint64_t)timeout_ms, .total_ms = (uint64_t)timeout_ms};
    struct http_client_response r;
    struct err err;
    bool ok = http_client_send(c, &q, &r, &err) == 0 && r.status == 200;
    http_client_response_fini(&r);
    return ok;
}

static void probe_work(void *ud)
{
    struct probe *p = ud;
    static const struct control_request ping = {.verb = CONTROL_PING};
    struct control_survey survey[FLEET_CHILDREN_MAX];
    char urls[FLEET_CHILDREN_MAX][CONTROL_URL_BYTES];
    memset(survey, 0, sizeof(survey));
    for (int i = 0; i < p->n; i++)
        survey[i].url = control_url_make(p->run_dir, p->items[i].instance, urls[i]);
    if (p->n)
        control_survey(survey, p->n, &ping, PROBE_CONTROL_MS);
    for (int i = 0; i < p->n; i++) {
        p->items[i].answered =
            survey[i].code == 0 && survey[i].reply.ok && survey[i].reply.pid == (uint32_t)p->items[i].pid;
        control_reply_fini(&survey[i].reply);
    }
    p->gateway_ready = p->gateway[0] && probe_gateway(p->gateway, PROBE_HTTP_MS);
}

static void probe_done(void *ud)
{
    struct probe *p = ud;
    p->busy = false;
    p->done(p->ud);
}

void probe_start(struct probe *p)
{
    p->busy = true;
    loop_work(p->loop, probe_work, probe_done, p);
}
