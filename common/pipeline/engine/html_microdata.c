/* schema.org JobPosting as microdata: itemscope, itemtype, itemprop (https://html.spec.whatwg.org/#microdata). Only the
 * facts are taken; the text is the page's. */
#include "pipeline/engine/html_nodes.h"

#define PROPERTY_BYTES 300

struct microdata {
    struct arena *a;
    struct str locality, region, country, currency, unit, salary, low, high;
    struct posting_facts *f;
};

static bool is_job(const GumboNode *n)
{
    return str_iends(html_attribute(n, "itemtype"), "/JobPosting") ||
           str_iends(html_attribute(n, "itemtype"), "#JobPosting");
}

static const GumboNode *job_find(const GumboNode *n, size_t depth)
{
    if (is_job(n) || depth > HTML_WALK_DEPTH_MAX)
        return is_job(n) ? n : NULL;
    const GumboVector *c = html_children(n);
    for (unsigned i = 0; i < c->length; i++) {
        const GumboNode *found = job_find(c->data[i], depth + 1);
        if (found)
            return found;
    }
    return NULL;
}

static void text_add(const GumboNode *n, struct buf *b, size_t depth)
{
    if (n->type == GUMBO_NODE_TEXT || n->type == GUMBO_NODE_WHITESPACE)
        buf_adds(b, n->v.text.text);
    if (depth > HTML_WALK_DEPTH_MAX || b->len > PROPERTY_BYTES || html_tag_silent(html_tag_of(n)))
        return;
    const GumboVector *c = html_children(n);
    for (unsigned i = 0; i < c->length; i++)
        text_add(c->data[i], b, depth + 1);
}

/* content, datetime, or the text; one space for every run of them. */
static struct str value_of(struct arena *a, const GumboNode *n)
{
    struct str given = html_attribute(n, "content");
    struct buf b;
    if (given.n == 0)
        given = html_attribute(n, "datetime");
    buf_init(&b, POSTING_SOURCE_MAX_BYTES);
    if (given.n)
        buf_add(&b, given.p, MIN(given.n, (size_t)PROPERTY_BYTES));
    else
        text_add(n, &b, 0);
    struct str s = posting_clean(a, (struct str){buf_str(&b), b.len}, &(size_t){0});
    buf_fini(&b);
    if (!s.p || s.n > PROPERTY_BYTES)
        return (struct str){"", 0};
    char *out = (char *)s.p; /* ours: the cleaned copy */
    size_t k = 0;
    for (size_t i = 0; i < s.n; i++)
        if (!str_is_space(s.p[i]) || (k && out[k - 1] != ' '))
            out[k++] = str_is_space(s.p[i]) ? ' ' : s.p[i];
    return str_trim((struct str){out, k});
}

/* owner: the property that the item around belongs to ("" for the posting itself). */
static void property(struct microdata *m, const GumboNode *n, struct str name, struct str owner)
{
    struct posting_facts *f = m->f;
    const struct {
        const char *owner, *name; /* owner NULL: any */
        struct str *to;
    } map[] = {{"", "title", &f->title},
               {"", "name", &f->title},
               {"", "hiringOrganization", &f->company},
               {"hiringOrganization", "name", &f->company},
               {"", "employmentType", &f->employment_type},
               {"", "datePosted", &f->date_posted},
               {"", "validThrough", &f->valid_through},
               {"", "industry", &f->industry},
               {"", "jobLocation", &f->location},
               {"", "baseSalary", &m->salary},
               {NULL, "salaryCurrency", &m->currency},
               {NULL, "currency", &m->currency},
               {NULL, "unitText", &m->unit},
               {NULL, "minValue", &m->low},
               {NULL, "maxValue", &m->high},
               {"baseSalary", "value", &m->salary},
               {NULL, "addressLocality", &m->locality},
               {NULL, "addressRegion", &m->region},
               {NULL, "addressCountry", &m->country}};
    for (size_t i = 0; i < ARRAY_LEN(map); i++)
        if (str_eqc(name, map[i].name) && (!map[i].owner || str_eqc(owner, map[i].owner)) && map[i].to->n == 0)
            *map[i].to = value_of(m->a, n);
    if (str_eqc(name, "jobLocationType") && str_ieqc(value_of(m->a, n), "TELECOMMUTE"))
        f->remote = true;
}

static void item_walk(struct microdata *m, const GumboNode *n, struct str owner, size_t depth)
{
    const GumboVector *c = html_children(n);
    for (unsigned i = 0; i < c->length && depth < HTML_WALK_DEPTH_MAX; i++) {
        const GumboNode *k = c->data[i];
        if (k->type != GUMBO_NODE_ELEMENT || is_job(k))
            continue;
        struct str name = html_attribute(k, "itemprop"), inner = owner;
        bool scope = gumbo_get_attribute(&k->v.element.attributes, "itemscope") != NULL;
        if (name.n && !scope)
            property(m, k, name, owner);
        if (name.n && scope)
            inner = name;
        item_walk(m, k, inner, depth + 1);
    }
}

static double amount(struct str s)
{
    double v = 0;
    size_t digits = 0;
    for (size_t i = 0; i < s.n && digits < 10; i++) {
        if (str_is_digit(s.p[i])) {
            v = v * 10 + (s.p[i] - '0');
            digits++;
        } else if (digits && s.p[i] != ',') {
            break;
        }
    }
    return digits ? v : -1;
}

bool html_microdata_read(struct arena *a, const GumboNode *n, struct posting_facts *facts)
{
    const GumboNode *job = job_find(n, 0);
    struct str none = {"", 0};
    struct microdata m = {.a = a,
                          .f = facts,
                          .locality = none,
                          .region = none,
                          .country = none,
                          .currency = none,
                          .unit = none,
                          .salary = none,
                          .low = none,
                          .high = none};
    if (!job)
        return false;
    item_walk(&m, job, none, 0);
    if (m.locality.n || m.region.n || m.country.n) {
        char *p = arena_printf(a, STR_FMT "%s" STR_FMT "%s" STR_FMT, STR_ARG(m.locality),
                               m.locality.n && m.region.n ? ", " : "", STR_ARG(m.region),
                               (m.locality.n || m.region.n) && m.country.n ? ", " : "", STR_ARG(m.country));
        facts->location = str_of(p);
    }
    struct posting_json j = {.a = a, .f = facts};
    facts->currency = m.currency;
    facts->salary_min = amount(m.low.n ? m.low : m.salary);
    facts->salary_max = amount(m.high);
    facts->salary_period = str_of(posting_json_period(m.unit));
    posting_json_salary(&j);
    return true;
}
