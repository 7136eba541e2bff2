/* What calls cost, in whole micro-dollars. Prices are data (io/llm/prices.def, and rows the operator adds); a model
 * that no row names has no price, which is not the same as a price of 0. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include "base/arena.h"
#include "base/err.h"
#include "io/llm/reply.h"

#define PRICE_ROWS_MAX  512
#define PRICE_MODEL_MAX 96

/* Micro-dollars for a million tokens; -1: no such price. */
struct price {
    int64_t input, cached_read, cache_write, cache_write_1h, output;
    int64_t since;               /* YYYYMMDD */
    char model[PRICE_MODEL_MAX]; /* the prefix that matched */
    const char *version;         /* of the table it is from; static or the book's */
};

struct price_book;
struct price_book *price_book_new(void); /* the built-in rows; aborts on OOM */
void price_book_free(struct price_book *b);
CLEANUP_DEFINE(struct price_book, price_book_free)
/* Adds rows, one a line: "model since input cached_read cache_write cache_write_1h output" in micro-dollars for a
 * million tokens, "-" for a price there is not, "#" comments. They win over built-in rows of the same length of prefix.
 * version names them in the ledger (copied). ERR_CONFIG with the number of the line. */
int price_book_add(struct price_book *b, struct str text, const char *version, struct err *err) MUST_CHECK;

/* The price of a model on a day (YYYYMMDD); vendor prefixes ("openai/") are skipped. false: unknown. */
bool price_find(const struct price_book *b, struct str model, int64_t day, struct price *ret) MUST_CHECK;
/* Rounded up to a whole micro-dollar; usage->known must be true. */
int64_t price_cost_microusd(const struct price *p, const struct llm_usage *usage);
/* The most a call can cost: input tokens, none of them cached but written to the cache, and the whole output limit. */
int64_t price_ceiling_microusd(const struct price *p, int64_t input_tokens, int64_t max_output_tokens);
