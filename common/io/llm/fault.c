/* Rows of faults. */
#include "io/llm/fault.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

struct fault_row {
    const char *slug;
    bool retryable, costs;
    enum llm_breaker breaker;
    enum err_code code;
};

static const struct fault_row fault_rows[] = {
#define FAULT(symbol, slug_, retryable_, costs_, breaker_, error)                                                      \
    [LLM_FAULT_##symbol] = {.slug = slug_,                                                                             \
                            .retryable = retryable_,                                                                   \
                            .costs = costs_,                                                                           \
                            .breaker = LLM_BREAKER_##breaker_,                                                         \
                            .code = ERR_##error},
#include "io/llm/faults.def"
#undef FAULT
};

const char *llm_fault_slug(enum llm_fault_kind kind)
{
    return fault_rows[kind].slug;
}

enum llm_fault_kind llm_fault_from_slug(const char *slug)
{
    int k = 0;
    while (k < LLM_FAULT_COUNT && strcmp(fault_rows[k].slug, slug) != 0)
        k++;
    return (enum llm_fault_kind)k;
}

const char *llm_breaker_name(enum llm_breaker b)
{
    static const char *const names[] = {"none", "key", "model", "address", "endpoint"};
    return names[b];
}

int llm_fault_set(struct llm_fault *f, enum llm_fault_kind kind, const char *fmt, ...)
{
    const struct fault_row *row = &fault_rows[kind];
    va_list ap;
    f->kind = kind;
    f->retryable = row->retryable;
    f->costs_attempt = row->costs;
    f->breaker = row->breaker;
    f->field = LLM_FIELD_NONE;
    f->maybe_paid = false;
    f->retry_after_ms = LLM_RETRY_UNKNOWN;
    va_start(ap, fmt);
    vsnprintf(f->sentence, sizeof(f->sentence), fmt, ap);
    va_end(ap);
    return -1;
}

int llm_fault_err(const struct llm_fault *f, struct err *err)
{
    return err_set(err, fault_rows[f->kind].code, "%s: %s", fault_rows[f->kind].slug, f->sentence);
}

struct duration_unit {
    const char *name;
    double ms;
};

/* The longer name of a shared beginning first. */
static const struct duration_unit duration_units[] = {{"ms", 1},      {"us", 0.001},  {"\xc2\xb5s", 0.001},
                                                      {"ns", 1e-6},   {"s", 1000},    {"m", 60000},
                                                      {"h", 3600000}, {"d", 86400000}};

static bool duration_number(const char **p, const char *end, double *ret)
{
    const char *at = *p;
    double v = 0, scale = 0;
    while (at < end && (str_is_digit(*at) || (*at == '.' && scale == 0))) {
        if (*at == '.') {
            scale = 1;
        } else if (scale > 0) {
            scale /= 10;
            v += scale * (*at - '0');
        } else {
            v = v * 10 + (*at - '0');
        }
        at++;
    }
    bool any = at > *p && !(at == *p + 1 && **p == '.');
    *p = at;
    *ret = v;
    return any;
}

int64_t llm_duration_ms(struct str text)
{
    text = str_trim(text);
    if (!text.n || text.n > 40)
        return LLM_RETRY_UNKNOWN;
    const char *p = text.p, *end = text.p + text.n;
    double total = 0;
    while (p < end) {
        double v;
        bool first = p == text.p;
        if (!duration_number(&p, end, &v))
            return LLM_RETRY_UNKNOWN;
        if (p == end && first) /* a bare number: seconds */
            total = v * 1000;
        if (p == end && !first)
            return LLM_RETRY_UNKNOWN;
        if (p == end)
            break;
        size_t u = 0;
        struct str rest = {.p = p, .n = (size_t)(end - p)};
        while (u < ARRAY_LEN(duration_units) && !str_starts(rest, duration_units[u].name))
            u++;
        if (u == ARRAY_LEN(duration_units))
            return LLM_RETRY_UNKNOWN;
        total += v * duration_units[u].ms;
        p += strlen(duration_units[u].name);
    }
    if (total > (double)LLM_RETRY_AFTER_MAX_MS)
        return LLM_RETRY_AFTER_MAX_MS;
    return (int64_t)(total + 0.999);
}
