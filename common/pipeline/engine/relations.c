/* The table seen from both ends, sorted by the skill it starts at (stable, so that the order of the table is the order
 * of preference). Built once on first use, constant afterwards. */
#include "pipeline/engine/relations.h"

#include <assert.h>
#include <pthread.h>
#include "base/cleanup.h"

static const struct {
    enum relation_kind kind;
    const char *a, *b;
} TABLE[] = {
#define IMPLIES(have, want) {RELATION_IMPLIES, have, want},
#define SIMILAR(a, b)       {RELATION_SIMILAR, a, b},
#include "relations.def"
#undef IMPLIES
#undef SIMILAR
};

static struct relation rows[ARRAY_LEN(TABLE) * 2];
static size_t rows_n;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void add(const char *from, const char *to, enum relation_kind kind)
{
    struct relation r = {skills_by_slug(str_of(from)), skills_by_slug(str_of(to)), kind};
    assert(r.from && r.to);
    size_t at = rows_n++;
    while (at > 0 && rows[at - 1].from > r.from) {
        rows[at] = rows[at - 1];
        at--;
    }
    rows[at] = r;
}

static void build(void)
{
    for (size_t i = 0; i < ARRAY_LEN(TABLE); i++) {
        add(TABLE[i].a, TABLE[i].b, TABLE[i].kind);
        add(TABLE[i].b, TABLE[i].a, TABLE[i].kind == RELATION_IMPLIES ? RELATION_IMPLIED_BY : RELATION_SIMILAR);
    }
}

size_t relations_of(const struct skill *skill, const struct relation **ret)
{
    size_t low = 0, high;
    pthread_once(&once, build);
    high = rows_n;
    while (low < high) {
        size_t mid = (low + high) / 2;
        if (rows[mid].from < skill)
            low = mid + 1;
        else
            high = mid;
    }
    *ret = &rows[low];
    size_t n = 0;
    while (low + n < rows_n && rows[low + n].from == skill)
        n++;
    return n;
}
