#include "io/llm/ladder.h"

#include <stdio.h>
#include <string.h>
#include "base/map.h"

#define KEY_BYTES (LLM_URL_BYTES + 256)

struct ladder_entry {
    struct ladder_place place;
    unsigned ignored; /* answers in a row that did not do what the rung promises */
};

struct ladder {
    struct map *places;
};

struct ladder *ladder_new(void)
{
    struct ladder *l = calloc(1, sizeof(*l));
    if (!l)
        abort();
    l->places = map_new(LADDER_MAX);
    return l;
}

void ladder_free(struct ladder *l)
{
    size_t at = 0;
    struct str key;
    void *value;
    if (!l)
        return;
    while (map_next(l->places, &at, &key, &value))
        free(value);
    map_free(l->places);
    free(l);
}

static struct str ladder_key(const struct llm_endpoint *e, struct str model, char out[KEY_BYTES])
{
    int n = snprintf(out, KEY_BYTES, "%s\n" STR_FMT, e->base_url, (int)MIN(model.n, (size_t)200), model.p);
    return (struct str){.p = out, .n = (size_t)n};
}

static struct ladder_place ladder_first(const struct llm_endpoint *e)
{
    return (struct ladder_place){.rung = (enum llm_rung)llm_flavor_row(e->flavor)->first_rung};
}

static struct ladder_entry *ladder_find(const struct ladder *l, const struct llm_endpoint *e, struct str model)
{
    char text[KEY_BYTES];
    struct str key = ladder_key(e, model, text);
    return map_get(l->places, key.p, key.n);
}

static struct ladder_entry *ladder_make(struct ladder *l, const struct llm_endpoint *e, struct str model)
{
    char text[KEY_BYTES];
    struct str key = ladder_key(e, model, text);
    struct ladder_entry *entry = map_get(l->places, key.p, key.n);
    if (entry)
        return entry;
    entry = calloc(1, sizeof(*entry));
    if (!entry)
        return NULL;
    entry->place = ladder_first(e);
    if (map_put(l->places, key.p, key.n, entry))
        return entry;
    free(entry);
    return NULL;
}

struct ladder_place ladder_get(const struct ladder *l, const struct llm_endpoint *e, struct str model)
{
    const struct ladder_entry *entry = ladder_find(l, e, model);
    return entry ? entry->place : ladder_first(e);
}

/* Anthropic has no way to ask for "some object". */
static bool ladder_down(struct ladder_entry *entry, const struct llm_endpoint *e, struct ladder_place tried)
{
    if (entry->place.rung > tried.rung)
        return true; /* another call went down already */
    if (entry->place.rung == LLM_RUNG_PLAIN)
        return false;
    entry->place.rung++;
    if (e->provider == LLM_PROVIDER_ANTHROPIC && entry->place.rung == LLM_RUNG_OBJECT)
        entry->place.rung = LLM_RUNG_PLAIN;
    entry->ignored = 0;
    return true;
}

bool ladder_learn(struct ladder *l, const struct llm_endpoint *e, struct str model, struct ladder_place tried,
                  const struct llm_fault *fault)
{
    bool schema = fault->kind == LLM_FAULT_SCHEMA;
    bool field = fault->kind == LLM_FAULT_PARAMETER && fault->field != LLM_FIELD_NONE;
    struct ladder_entry *entry = schema || field ? ladder_make(l, e, model) : NULL;
    if (!entry)
        return false;
    if (schema)
        return ladder_down(entry, e, tried);
    if (tried.omit & (unsigned)fault->field)
        return false; /* it was left out, and still it is refused */
    entry->place.omit |= (unsigned)fault->field;
    return true;
}

bool ladder_judge(struct ladder *l, const struct llm_endpoint *e, struct str model, struct ladder_place tried,
                  enum json_reply_verdict verdict)
{
    bool ignored = verdict == JSON_REPLY_EMPTY || verdict == JSON_REPLY_BROKEN ||
                   (verdict == JSON_REPLY_WRONG && tried.rung <= LLM_RUNG_TOOL);
    if (!ignored) {
        struct ladder_entry *known = ladder_find(l, e, model);
        if (known && verdict == JSON_REPLY_OK)
            known->ignored = 0;
        return false;
    }
    if (tried.rung == LLM_RUNG_PLAIN)
        return false;
    struct ladder_entry *entry = ladder_make(l, e, model);
    if (!entry || entry->place.rung != tried.rung || ++entry->ignored < LADDER_IGNORED)
        return false;
    return ladder_down(entry, e, tried);
}
