#include "io/llm/price.h"

#include <stdio.h>
#include <string.h>

#define MILLION       1000000
#define PRICE_MAX     ((int64_t)1000000000000) /* a million dollars for a million tokens: surely a mistake */
#define VERSION_BYTES 32

static const struct price price_builtin[] = {
#define PRICE(prefix, since_, input_, read, write, write_1h, output_)                                                  \
    {.model = prefix,                                                                                                  \
     .since = since_,                                                                                                  \
     .input = input_,                                                                                                  \
     .cached_read = read,                                                                                              \
     .cache_write = write,                                                                                             \
     .cache_write_1h = write_1h,                                                                                       \
     .output = output_},
#include "io/llm/prices.def"
#undef PRICE
};

struct price_book {
    struct price rows[PRICE_ROWS_MAX];
    size_t count;
    char version[VERSION_BYTES];
};

struct price_book *price_book_new(void)
{
    struct price_book *b = calloc(1, sizeof(*b));
    if (!b)
        abort();
    for (size_t i = 0; i < ARRAY_LEN(price_builtin); i++) {
        b->rows[b->count] = price_builtin[i];
        b->rows[b->count++].version = PRICES_VERSION;
    }
    return b;
}

void price_book_free(struct price_book *b)
{
    free(b);
}

static bool price_number(struct str field, int64_t *ret)
{
    uint64_t v;
    if (str_eqc(field, "-")) {
        *ret = -1;
        return true;
    }
    if (!str_to_u64(field, &v) || v > (uint64_t)PRICE_MAX)
        return false;
    *ret = (int64_t)v;
    return true;
}

static int price_line(struct price_book *b, struct str line, int number, struct err *err)
{
    struct price p = {.version = b->version};
    int64_t *const fields[] = {&p.since, &p.input, &p.cached_read, &p.cache_write, &p.cache_write_1h, &p.output};
    struct str rest = line, field;
    size_t n = 0;
    while (str_next_field(&rest, ' ', &field)) {
        if (!field.n)
            continue;
        bool ok = n == 0 ? field.n < sizeof(p.model) : n <= ARRAY_LEN(fields) && price_number(field, fields[n - 1]);
        if (!ok)
            return err_set(err, ERR_CONFIG, "prices, line %d: field %zu is not right", number, n + 1);
        if (n++ == 0)
            memcpy(p.model, field.p, field.n);
    }
    if (n != ARRAY_LEN(fields) + 1 || p.input < 0 || p.output < 0 || p.since < 0)
        return err_set(err, ERR_CONFIG,
                       "prices, line %d: a model, a day and five prices are needed (input and output always)", number);
    if (b->count == PRICE_ROWS_MAX)
        return err_set(err, ERR_CONFIG, "prices: more than %d rows", PRICE_ROWS_MAX);
    b->rows[b->count++] = p;
    return 0;
}

int price_book_add(struct price_book *b, struct str text, const char *version, struct err *err)
{
    struct str line;
    size_t before = b->count;
    snprintf(b->version, sizeof(b->version), "%s", version);
    for (int number = 1; str_next_line(&text, &line); number++) {
        line = str_trim(line);
        if (!line.n || line.p[0] == '#')
            continue;
        int rc = price_line(b, line, number, err);
        if (rc < 0) {
            b->count = before;
            return rc;
        }
    }
    return 0;
}

/* "gpt-4o" must not name "gpt-4omni": what follows a prefix is the end, a date or a variant. */
static bool price_matches(const struct price *p, struct str model)
{
    size_t n = strlen(p->model);
    return str_istarts(model, p->model) && (model.n == n || strchr("-@:", model.p[n]));
}

bool price_find(const struct price_book *b, struct str model, int64_t day, struct price *ret)
{
    const struct price *best = NULL;
    size_t slash = model.n, best_n = 0;
    while (slash && model.p[slash - 1] != '/')
        slash--;
    model = str_sub(model, slash, model.n);
    for (size_t i = 0; i < b->count; i++) {
        const struct price *p = &b->rows[i];
        size_t n = strlen(p->model);
        if (p->since > day || !price_matches(p, model) || n < best_n)
            continue;
        if (best && n == best_n && p->version == best->version && p->since < best->since)
            continue;
        best = p;
        best_n = n;
    }
    if (best)
        *ret = *best;
    return best != NULL;
}

static int64_t price_or(int64_t price, int64_t otherwise)
{
    return price >= 0 ? price : otherwise;
}

int64_t price_cost_microusd(const struct price *p, const struct llm_usage *u)
{
    int64_t write_1h = u->cache_write_1h, write = u->cache_write - write_1h;
    int64_t fresh = u->input - u->cached_read - u->cache_write;
    int64_t write_price = price_or(p->cache_write, p->input);
    /* tokens stay below 2^40 and prices below 10^12: 128 bits for the sum */
    __int128 sum = (__int128)fresh * p->input + (__int128)u->cached_read * price_or(p->cached_read, p->input) +
                   (__int128)write * write_price + (__int128)write_1h * price_or(p->cache_write_1h, write_price) +
                   (__int128)u->output * p->output;
    return (int64_t)((sum + MILLION - 1) / MILLION);
}

int64_t price_ceiling_microusd(const struct price *p, int64_t input_tokens, int64_t max_output_tokens)
{
    int64_t dearest = MAX(MAX(p->input, p->cache_write), p->cache_write_1h);
    __int128 sum = (__int128)input_tokens * dearest + (__int128)max_output_tokens * p->output;
    return (int64_t)((sum + MILLION - 1) / MILLION);
}
