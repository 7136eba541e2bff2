/* Settings by name, and the memory that processes share. */
#include "stub_llm/stub.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

static const char *const fault_names[STUB_FAULT_COUNT] = {
    "ok",
#define STUB_FAULT(symbol, name, about) name,
#include "stub_llm/faults.def"
#undef STUB_FAULT
};

const char *stub_fault_name(enum stub_fault f)
{
    return fault_names[f];
}

enum stub_fault stub_fault_from_name(struct str name)
{
    for (int i = 0; i < STUB_FAULT_COUNT; i++)
        if (str_eqc(name, fault_names[i]))
            return (enum stub_fault)i;
    return STUB_FAULT_COUNT;
}

enum stub_fault stub_fault_draw(struct stub_shared *sh, uint64_t *random)
{
    struct stub_settings *s = &sh->settings;
    pthread_mutex_lock(&sh->lock);
    enum stub_fault f = s->script_at < s->script_n ? (enum stub_fault)s->script[s->script_at++] : STUB_FAULT_COUNT;
    double u = stub_random01(random);
    for (int i = 1; f == STUB_FAULT_COUNT && i < STUB_FAULT_COUNT; i++) {
        if (u < s->rate[i])
            f = (enum stub_fault)i;
        u -= s->rate[i];
    }
    pthread_mutex_unlock(&sh->lock);
    return f == STUB_FAULT_COUNT ? STUB_FAULT_NONE : f;
}

/* splitmix64 (Sebastiano Vigna, public domain algorithm). */
uint64_t stub_random(uint64_t *state)
{
    uint64_t z = (*state += 0x9e3779b97f4a7c15u);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

double stub_random01(uint64_t *state)
{
    return (double)(stub_random(state) >> 11) / 9007199254740992.0;
}

static uint64_t hash_word(uint64_t h, const unsigned char *p)
{
    uint64_t w;
    memcpy(&w, p, sizeof(w));
    h = (h ^ w) * 0xff51afd7ed558ccdu;
    return h ^ h >> 32;
}

/* This runs over every body: eight bytes at a time, in four chains that do not wait for each other. */
uint64_t stub_hash(const void *data, size_t n, uint64_t seed)
{
    const unsigned char *p = data;
    uint64_t h = seed ^ (n * 0x9e3779b97f4a7c15u), last = 0;
    if (n >= 32) {
        uint64_t lane[4] = {h, h + 0x9e3779b97f4a7c15u, ~h, h ^ 0xc2b2ae3d27d4eb4fu};
        for (; n >= 32; n -= 32, p += 32)
            for (int i = 0; i < 4; i++)
                lane[i] = hash_word(lane[i], p + 8 * i);
        for (int i = 1; i < 4; i++)
            lane[0] = hash_word(lane[0], (const unsigned char *)&lane[i]);
        h = lane[0];
    }
    for (; n >= 8; n -= 8, p += 8)
        h = hash_word(h, p);
    memcpy(&last, p, n);
    uint64_t state = h ^ last;
    return stub_random(&state) | 1;
}

double stub_draw_ms(const struct stub_latency *l, uint64_t *state)
{
    if (l->spread == STUB_UNIFORM)
        return l->a + (l->b - l->a) * stub_random01(state);
    if (l->spread == STUB_FIXED)
        return l->a;
    double u = stub_random01(state), v = stub_random01(state); /* Box-Muller */
    return l->a * exp(l->b * sqrt(-2 * log(u + 1e-12)) * cos(2 * M_PI * v));
}

struct stub_shared *stub_shared_new(void)
{
    struct stub_shared *sh = mmap(NULL, sizeof(*sh), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (sh == MAP_FAILED)
        return NULL;
    pthread_mutexattr_t attr;
    pthread_mutexattr_init(&attr);
    pthread_mutexattr_setpshared(&attr, PTHREAD_PROCESS_SHARED);
    pthread_mutex_init(&sh->lock, &attr);
    pthread_mutexattr_destroy(&attr);
    stub_settings_default(&sh->settings);
    return sh;
}

void stub_settings_default(struct stub_settings *s)
{
    *s = (struct stub_settings){.seed = 1};
}

static bool number(struct str text, double *ret)
{
    char copy[32], *end;
    if (text.n == 0 || text.n >= sizeof(copy))
        return false;
    memcpy(copy, text.p, text.n);
    copy[text.n] = '\0';
    *ret = strtod(copy, &end);
    return *end == '\0' && isfinite(*ret) && *ret >= 0;
}

/* "250", "fixed:250", "uniform:5-50", "lognormal:900,0.5" */
static bool latency(struct str text, struct stub_latency *ret)
{
    struct str kind = STR("fixed"), rest = text, b = {.n = 0};
    ptrdiff_t colon = str_find(text, STR(":"));
    if (colon >= 0) {
        kind = str_sub(text, 0, (size_t)colon);
        rest = str_sub(text, (size_t)colon + 1, text.n);
    }
    *ret = (struct stub_latency){.spread = str_eqc(kind, "uniform")     ? STUB_UNIFORM
                                           : str_eqc(kind, "lognormal") ? STUB_LOGNORMAL
                                                                        : STUB_FIXED};
    if (ret->spread == STUB_FIXED)
        return str_eqc(kind, "fixed") && number(rest, &ret->a);
    ptrdiff_t cut = str_find(rest, ret->spread == STUB_UNIFORM ? STR("-") : STR(","));
    if (cut < 0)
        return false;
    b = str_sub(rest, (size_t)cut + 1, rest.n);
    return number(str_sub(rest, 0, (size_t)cut), &ret->a) && number(b, &ret->b);
}

static bool script(struct str text, struct stub_settings *s)
{
    struct str rest = text, field;
    s->script_n = s->script_at = 0;
    while (rest.n && str_next_field(&rest, ',', &field)) {
        enum stub_fault f = stub_fault_from_name(str_trim(field));
        if (f == STUB_FAULT_COUNT || s->script_n == STUB_SCRIPT_MAX)
            return false;
        s->script[s->script_n++] = (uint8_t)f;
    }
    return true;
}

static bool name_copy(struct str text, char out[STUB_NAME_BYTES])
{
    if (text.n >= STUB_NAME_BYTES)
        return false;
    memcpy(out, text.p, text.n);
    out[text.n] = '\0';
    return true;
}

int stub_setting(struct stub_settings *s, struct str name, struct str value, struct err *err)
{
    double v = 0;
    bool ok;
    if (str_starts(name, "fault.")) {
        enum stub_fault f = stub_fault_from_name(str_sub(name, 6, name.n));
        ok = f != STUB_FAULT_COUNT && f != STUB_FAULT_NONE && number(value, &v) && v <= 1;
        if (ok)
            s->rate[f] = v;
    } else if (str_eqc(name, "latency")) {
        ok = latency(value, &s->latency);
    } else if (str_eqc(name, "pace")) {
        ok = latency(value, &s->pace);
    } else if (str_eqc(name, "script")) {
        ok = script(value, s);
    } else if (str_eqc(name, "key")) {
        ok = name_copy(value, s->key);
    } else if (str_eqc(name, "missing_model")) {
        ok = name_copy(value, s->missing);
    } else if (str_eqc(name, "poison")) {
        ok = name_copy(value, s->poison);
    } else if (str_eqc(name, "no_schema_model")) {
        ok = name_copy(value, s->no_schema);
    } else {
        ok = number(value, &v);
        if (str_eqc(name, "seed"))
            s->seed = (uint64_t)v;
        else if (str_eqc(name, "rpm"))
            s->requests_per_min = (int64_t)v;
        else if (str_eqc(name, "tpm"))
            s->tokens_per_min = (int64_t)v;
        else if (str_eqc(name, "concurrency"))
            s->calls_max = (int32_t)v;
        else if (str_eqc(name, "output_tokens"))
            s->output_tokens = (int32_t)v;
        else if (str_eqc(name, "hold"))
            s->hold = v != 0;
        else
            return err_set(err, ERR_CONFIG, "the stub has no setting \"%.40s\"", name.n < 40 ? name.p : "...");
    }
    return ok ? 0
              : err_set(err, ERR_CONFIG, "%.*s: \"%.*s\" is no value for it", (int)MIN(name.n, 40), name.p,
                        (int)MIN(value.n, 60), value.p);
}
