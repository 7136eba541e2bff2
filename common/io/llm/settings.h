/* The settings of model calls (llm.* in core/config.def) as values: endpoints, routes, timeouts. */
#pragma once

#include "core/config.h"
#include "io/llm/endpoint.h"
#include "io/llm/price.h"
#include "io/llm/transport.h"

/* Places a call can go to. */
enum llm_place { LLM_PLACE_OFFLINE = 0, LLM_PLACE_OPENAI, LLM_PLACE_ANTHROPIC, LLM_PLACE_LOCAL, LLM_PLACE_COUNT };
const char *llm_place_name(enum llm_place p); /* "offline", "openai", "anthropic", "local" */

enum llm_task { LLM_TASK_ANALYZE = 0, LLM_TASK_OPTIMIZE, LLM_TASK_LETTER, LLM_TASK_EMBED, LLM_TASK_COUNT };

#define LLM_ROUTE_MAX   4
#define LLM_MODEL_BYTES 128

/* Engines of one task, best first. */
struct llm_route {
    struct {
        enum llm_place place;
        char model[LLM_MODEL_BYTES]; /* "" offline */
    } steps[LLM_ROUTE_MAX];
    size_t count; /* at least 1 */
};

struct llm_settings {
    struct llm_endpoint endpoints[LLM_PLACE_COUNT]; /* [place]; valid where configured[place] */
    bool configured[LLM_PLACE_COUNT];
    int64_t context[LLM_PLACE_COUNT]; /* tokens that the place's models take, as the operator says; 0: as known */
    struct llm_route routes[LLM_TASK_COUNT];
    struct llm_timeouts timeouts;
    struct llm_transport_options transport;
    size_t reply_max_bytes;
    bool stream;
    int dimensions;
};

/* Reads and checks all of it, without a connection. c: borrowed until llm_settings_fini. ERR_CONFIG with one sentence
 * that names the setting; a route to a place that is not configured is an error. */
int llm_settings_read(struct llm_settings *s, const struct config *c, struct err *err) MUST_CHECK;
void llm_settings_fini(struct llm_settings *s); /* wipes keys */
/* The built-in prices and those of the file llm.prices. NULL with ERR_CONFIG. Owned by the caller. */
struct price_book *llm_settings_prices(const struct config *c, struct err *err) MUST_CHECK;
