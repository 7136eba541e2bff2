/* Weighted fair shares over tenants by cost: stride scheduling (Waldspurger and Weihl, "Stride Scheduling", 1995).
 * Pure.
 *
 * Every tenant has a pass; who is served pays cost / weight; the smallest pass is next. A tenant that comes back after
 * an idle time starts at the smallest pass of those who waited: idle time buys nothing. */
#pragma once

#include <stdint.h>
#include "base/uuid.h"

struct fair;

#define FAIR_TENANTS_MAX 10000

struct fair *fair_new(void);
void fair_free(struct fair *f);
/* The tenants that have work now; others are forgotten when the table is full. Called before a round. */
void fair_begin(struct fair *f);
void fair_offer(struct fair *f, const struct uuid *tenant_id, int weight);
/* The tenant to serve next among those offered and not exhausted; NULL when none is left. */
const struct uuid *fair_next(struct fair *f);
/* What serving the tenant of fair_next cost; 0: it has nothing any more (exhausted for this round). */
void fair_pay(struct fair *f, int64_t cost);
