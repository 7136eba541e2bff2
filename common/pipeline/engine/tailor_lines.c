/* The lines of an entry: wording, which of them stay, their order.
 *
 * A line that begins by pointing back ("This cut ...") belongs to the one before it: it is never moved or left alone.
 * Nothing is taken out of an entry that is short, a line with a result in one of the two latest jobs stays, and only
 * when the whole would run past two pages the least useful lines of older entries go too. */
#include "pipeline/engine/lex.h"
#include "pipeline/engine/phrase.h"
#include "pipeline/engine/tailor_parts.h"

#define KEEP_RECENT   5
#define KEEP_OTHER    4
#define KEEP_SHORT    3 /* when the whole is too long */
#define KEEP_OLD      2 /* then, of work that ended long ago */
#define OLD_YEARS     8
#define NUMBER_BONUS  0.3
#define LOW_RELEVANCE 0.22 /* below it the posting has next to nothing to do with the line */
#define LOW_ASKED     0.05
#define USEFUL_ASKED  0.4
#define ORDER_STEP    0.2 /* differences below it do not move anything */
#define ORDER_RANKS   4
#define PAGES_MAX     2.0
#define MOVED_MAX     4

static int rank(double asked)
{
    return (int)MIN(asked / ORDER_STEP, (double)ORDER_RANKS);
}

/* Whether the line makes sense only behind the one before it. */
static bool points_back(struct str text)
{
    static const char *const FIRST[] = {"this",         "these",        "that",       "those",    "it",   "also",
                                        "additionally", "then",         "later",      "which",    "they", "furthermore",
                                        "moreover",     "subsequently", "afterwards", "likewise", NULL};
    struct str rest = text, word;
    if (!lex_next_word(&rest, &word))
        return false;
    for (const char *const *w = FIRST; *w; w++)
        if (str_ieqc(word, *w))
            return true;
    return text.n && (text.p[0] == '-' || text.p[0] == ' ');
}

static bool tied(const struct tailor *t, const struct tailor_list *l, size_t i)
{
    return l->atom[i] >= 0 && t->p->atoms[l->atom[i]].kind == ATOM_HIGHLIGHT &&
           points_back(t->p->atoms[l->atom[i]].text);
}

/* Stable order by falling rank, tied lines going with their leader; true when it differs from the present one. */
static bool order_of(const struct tailor *t, const struct tailor_list *l, size_t *order)
{
    size_t leaders[TAILOR_LIST_MAX], n = 0, out = 0;
    int ranks[TAILOR_LIST_MAX];
    bool moved = false;
    for (size_t i = 0; i < l->n; i++) {
        if (n && tied(t, l, i)) {
            ranks[n - 1] = MAX(ranks[n - 1], rank(l->asked[i]));
            continue;
        }
        leaders[n] = i;
        ranks[n++] = rank(l->asked[i]);
    }
    for (int r = ORDER_RANKS; r >= 0; r--)
        for (size_t u = 0; u < n; u++)
            for (size_t i = leaders[u]; ranks[u] == r && i < (u + 1 < n ? leaders[u + 1] : l->n); i++)
                order[out++] = i;
    for (size_t i = 0; i < l->n; i++)
        moved = moved || order[i] != i;
    return moved;
}

/* "line": "the lines that show it now come first". */
static struct str order_reason(struct tailor *t, struct str names, const char *what, size_t moved)
{
    bool one = moved < 2;
    if (names.n == 0)
        return phrase_printf(t->a, "What answers this posting most directly comes first.");
    if (strcmp(what, "skill") == 0)
        return phrase_printf(t->a, "The posting asks for " STR_FMT ", so this list begins with what answers it.",
                             STR_ARG(names));
    if (strcmp(what, "group") == 0)
        return phrase_printf(t->a, "The groups with what the posting asks for come first: " STR_FMT ".",
                             STR_ARG(names));
    bool many = tailor_many(names);
    return phrase_printf(t->a, "The posting asks for " STR_FMT "; the %s%s that show%s %s now come%s first.",
                         STR_ARG(names), what, one ? "" : "s", one ? "s" : "", many ? "them" : "it", one ? "s" : "");
}

int tailor_reorder(struct tailor *t, const struct tailor_list *l, const char *what, struct err *err)
{
    size_t order[TAILOR_LIST_MAX], moved[MOVED_MAX], moved_n = 0;
    if (l->n < 2 || !order_of(t, l, order))
        return 0;
    struct tailor_op op = {.op = {.kind = RESUME_OP_REORDER, .path = phrase_printf(t->a, "%s", l->path)}};
    op.op.before = yyjson_mut_arr(t->doc);
    op.op.value = yyjson_mut_arr(t->doc);
    for (size_t i = 0; i < l->n; i++) {
        yyjson_mut_arr_add_uint(t->doc, op.op.before, i);
        yyjson_mut_arr_add_uint(t->doc, op.op.value, order[i]);
        if (rank(l->asked[order[i]]) == 0 || l->atom[order[i]] < 0)
            continue;
        tailor_op_atom(&op, (size_t)l->atom[order[i]]);
        if (order[i] > i && moved_n < MOVED_MAX)
            moved[moved_n++] = (size_t)l->atom[order[i]];
    }
    tailor_op_rows(t, &op);
    op.reason = order_reason(t, tailor_names(t, moved, moved_n), what, moved_n);
    return tailor_do(t, &op, err);
}

/* -- taking out -- */

struct lines {
    const struct employment *e;
    struct tailor_list l;
    bool out[TAILOR_LIST_MAX], tight[TAILOR_LIST_MAX]; /* taken out; because the whole is too long */
    size_t left;
    bool recent; /* one of the two latest jobs */
};

static double relevance(const struct tailor *t, const struct lines *x, size_t i)
{
    if (x->l.atom[i] < 0)
        return 1;
    double number = t->p->atoms[x->l.atom[i]].has_number ? NUMBER_BONUS : 0;
    return t->m->atom_relevance[x->l.atom[i]] + x->l.asked[i] + number;
}

static bool may_go(const struct tailor *t, const struct lines *x, size_t i)
{
    if (x->out[i] || x->l.atom[i] < 0 || t->p->atoms[x->l.atom[i]].kind != ATOM_HIGHLIGHT || tied(t, &x->l, i))
        return false;
    return i + 1 == x->l.n || x->out[i + 1] || !tied(t, &x->l, i + 1);
}

/* The least useful line that may go; l.n when there is none. */
static size_t weakest(const struct tailor *t, const struct lines *x, bool tight)
{
    size_t worst = x->l.n;
    for (size_t i = 0; i < x->l.n; i++) {
        if (!may_go(t, x, i))
            continue;
        const struct atom *a = &t->p->atoms[x->l.atom[i]];
        bool low = t->m->atom_relevance[x->l.atom[i]] < LOW_RELEVANCE && x->l.asked[i] < LOW_ASKED;
        bool keeps = tight ? x->l.asked[i] >= USEFUL_ASKED || (x->recent && a->has_number)
                           : !low || (x->recent && a->has_number);
        if (!keeps && (worst == x->l.n || relevance(t, x, i) <= relevance(t, x, worst)))
            worst = i;
    }
    return worst;
}

static void drop(struct lines *x, size_t at, bool tight)
{
    x->out[at] = true;
    x->tight[at] = tight;
    x->left--;
}

/* The share of a page that a line takes. */
static double line_pages(const struct tailor *t, const struct lines *x, size_t i)
{
    return ((double)(t->p->atoms[x->l.atom[i]].text.n / 100) + 1.0) / 56.0;
}

/* How many lines an entry keeps when the whole is too long. */
static size_t floor_of(const struct tailor *t, const struct lines *x)
{
    bool old = x->e->end.y && t->o.now.y && x->e->end.y + OLD_YEARS < t->o.now.y;
    return x->recent ? KEEP_OTHER : old ? KEEP_OLD : KEEP_SHORT;
}

static void take_back(struct lines *x, size_t n)
{
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < x[i].l.n; k++) {
            x[i].left += x[i].tight[k];
            x[i].out[k] = x[i].out[k] && !x[i].tight[k];
            x[i].tight[k] = false;
        }
}

/* Beyond two pages entries give up their weakest lines, the weakest of all first; all or nothing, because a line lost
 * for a third page that is there anyway is just lost. */
static void shorten(struct tailor *t, struct lines *x, size_t n, double pages)
{
    while (pages > PAGES_MAX) {
        struct lines *from = NULL;
        size_t at = 0;
        for (size_t i = 0; i < n; i++) {
            size_t k = x[i].left > floor_of(t, &x[i]) ? weakest(t, &x[i], true) : x[i].l.n;
            if (k < x[i].l.n && (!from || relevance(t, &x[i], k) < relevance(t, from, at))) {
                from = &x[i];
                at = k;
            }
        }
        if (!from) {
            take_back(x, n);
            return;
        }
        pages -= line_pages(t, from, at);
        drop(from, at, true);
    }
}

static int take_out(struct tailor *t, struct lines *x, struct err *err)
{
    for (size_t i = x->l.n; i-- > 0;) {
        if (!x->out[i])
            continue;
        char path[TAILOR_PATH_BYTES];
        tailor_path_element(path, x->l.path, i);
        struct tailor_op op = {.op = {.kind = RESUME_OP_REMOVE, .path = phrase_printf(t->a, "%s", path)}};
        yyjson_mut_val *v = yyjson_mut_doc_ptr_getn(t->doc, op.op.path.p, op.op.path.n);
        op.op.before = yyjson_mut_val_mut_copy(t->doc, v);
        tailor_op_atom(&op, (size_t)x->l.atom[i]);
        struct str where = x->e->organization.n ? x->e->organization : STR("the entry");
        op.reason = !x->tight[i]
                        ? phrase_printf(t->a,
                                        "Nothing in the posting touches on this; without it the %zu lines that " STR_FMT
                                        " keeps are read sooner.",
                                        x->left, STR_ARG(where))
                        : phrase_printf(t->a,
                                        "The résumé would run past two pages, and of what " STR_FMT
                                        " shows this says least about what the posting asks for.",
                                        STR_ARG(where));
        int rc = tailor_do(t, &op, err);
        if (rc)
            return rc;
    }
    size_t n = 0;
    for (size_t i = 0; i < x->l.n; i++) {
        if (x->out[i])
            continue;
        x->l.asked[n] = x->l.asked[i];
        x->l.atom[n++] = x->l.atom[i];
    }
    x->l.n = n;
    return 0;
}

static int reword(struct tailor *t, struct lines *x, struct err *err)
{
    for (size_t i = 0; i < x->l.n; i++) {
        if (x->out[i] || x->l.atom[i] < 0)
            continue;
        const struct atom *a = &t->p->atoms[x->l.atom[i]];
        struct tailor_op op = {0};
        struct str text = tailor_reword(t, a, &op);
        struct str before = json_str(yyjson_ptr_getn(t->p->document, a->pointer.p, a->pointer.n));
        bool taken = false;
        int rc = t->proposals && t->o.strategy == TAILOR_FULL
                     ? tailor_propose_line(t, (size_t)x->l.atom[i], before, &taken, err)
                     : 0;
        if (rc)
            return rc;
        if (taken || str_eq(text, a->text) || before.n == 0)
            continue;
        tailor_op_atom(&op, (size_t)x->l.atom[i]);
        rc = tailor_set(t, &op, a->pointer.p, before, text, err);
        if (rc)
            return rc;
    }
    return 0;
}

int tailor_highlights(struct tailor *t, struct err *err)
{
    struct lines *all = arena_try_alloc(t->a, sizeof(*all) * (t->p->employments_n + 1));
    size_t n = 0;
    if (!all)
        return err_set(err, ERR_MEMORY, "the document needs more memory than its limit");
    for (size_t i = 0; i < t->p->employments_n; i++) {
        struct lines *x = &all[n];
        char path[64];
        *x = (struct lines){.e = &t->p->employments[i]};
        x->recent = x->e->kind == EMPLOYMENT_JOB && x->e->index < 2;
        snprintf(path, sizeof(path), STR_FMT "/highlights", STR_ARG(x->e->pointer));
        if (!tailor_list_read(t, path, &x->l))
            continue;
        x->left = x->l.n;
        n++;
        for (size_t k; t->o.strategy == TAILOR_FULL && x->left > (x->recent ? KEEP_RECENT : KEEP_OTHER) &&
                       (k = weakest(t, x, false)) < x->l.n;)
            drop(x, k, false);
    }
    if (t->o.strategy == TAILOR_FULL) {
        double pages = tailor_pages(yyjson_mut_doc_get_root(t->doc));
        for (size_t i = 0; i < n; i++)
            for (size_t k = 0; k < all[i].l.n; k++)
                pages -= all[i].out[k] ? line_pages(t, &all[i], k) : 0;
        shorten(t, all, n, pages);
    }
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < n; i++) {
        if (t->o.strategy >= TAILOR_KEYWORDS && t->english)
            rc = reword(t, &all[i], err);
        if (rc == 0)
            rc = take_out(t, &all[i], err);
        if (rc == 0)
            rc = tailor_reorder(t, &all[i].l, "line", err);
    }
    return rc;
}
