/* Front matter: the YAML that people write above Markdown. Only what postings use is understood: "key: value", block
 * scalars (also with their text on the first line and unindented, as templates are filled in), lists of texts and of
 * {title, items}. Comments are dropped.
 *
 * Short values that name a fact become facts and "Label: value" lines; long ones become sections under their key's
 * words. */
#include "pipeline/engine/posting_internal.h"

#define MATTER_KEY_MAX    40
#define MATTER_LONG_BYTES 60

enum matter_fact {
    MATTER_NONE,
    MATTER_TITLE,
    MATTER_COMPANY,
    MATTER_LOCATION,
    MATTER_TYPE,
    MATTER_SALARY,
    MATTER_SALARY_MIN,
    MATTER_SALARY_MAX,
    MATTER_DATE,
    MATTER_VALID,
    MATTER_IGNORE
};

static const struct {
    const char *key;
    enum matter_fact fact;
} matter_keys[] = {
    {"title", MATTER_TITLE},
    {"job_title", MATTER_TITLE},
    {"position", MATTER_TITLE},
    {"role", MATTER_TITLE},
    {"company", MATTER_COMPANY},
    {"organization", MATTER_COMPANY},
    {"organisation", MATTER_COMPANY},
    {"employer", MATTER_COMPANY},
    {"hiring_organization", MATTER_COMPANY},
    {"location", MATTER_LOCATION},
    {"locations", MATTER_LOCATION},
    {"place", MATTER_LOCATION},
    {"type", MATTER_TYPE},
    {"employment_type", MATTER_TYPE},
    {"work_schedule", MATTER_TYPE},
    {"contract", MATTER_TYPE},
    {"job_type", MATTER_TYPE},
    {"salary", MATTER_SALARY},
    {"compensation", MATTER_SALARY},
    {"pay", MATTER_SALARY},
    {"salary_range", MATTER_SALARY},
    {"min_payrange", MATTER_SALARY_MIN},
    {"salary_min", MATTER_SALARY_MIN},
    {"max_payrange", MATTER_SALARY_MAX},
    {"salary_max", MATTER_SALARY_MAX},
    {"posted", MATTER_DATE},
    {"date", MATTER_DATE},
    {"opens", MATTER_DATE},
    {"date_posted", MATTER_DATE},
    {"closes", MATTER_VALID},
    {"valid_through", MATTER_VALID},
    {"deadline", MATTER_VALID},
    {"layout", MATTER_IGNORE},
    {"permalink", MATTER_IGNORE},
    {"tags", MATTER_IGNORE},
    {"slug", MATTER_IGNORE},
    {"external_url", MATTER_IGNORE},
    {"status_alert", MATTER_IGNORE},
    {"alert_keywords", MATTER_IGNORE},
    {"published", MATTER_IGNORE},
    {"draft", MATTER_IGNORE},
    {"image", MATTER_IGNORE},
    {"updated", MATTER_IGNORE},
    {"max_applications", MATTER_IGNORE},
    {"info_sessions", MATTER_IGNORE},
    {"state", MATTER_IGNORE},
    {"redirect_from", MATTER_IGNORE},
    {"eleventynavigation", MATTER_IGNORE},
    {"vacancies", MATTER_IGNORE},
    {"link", MATTER_IGNORE},
    {"gs", MATTER_IGNORE},
    {"url", MATTER_IGNORE},
    {"id", MATTER_IGNORE},
    {"lang", MATTER_IGNORE},
    {"categories", MATTER_IGNORE},
    {"author", MATTER_IGNORE},
    {"description", MATTER_NONE},
    {"headline", MATTER_IGNORE},
    {"time", MATTER_IGNORE},
    {"application_link", MATTER_IGNORE},
};

struct matter {
    struct posting_writer *w;
    struct arena *a;
    struct posting *p;
    enum matter_fact fact; /* of the key that is open */
    bool heading_due;
    char heading[MATTER_KEY_MAX + 1];
    struct buf body; /* Markdown of the open key */
    struct str salary_min, salary_max;
};

static enum matter_fact matter_fact_of(struct str key)
{
    for (size_t i = 0; i < ARRAY_LEN(matter_keys); i++)
        if (str_ieqc(key, matter_keys[i].key))
            return matter_keys[i].fact;
    return MATTER_NONE;
}

/* "key:" at the start of an unindented line; its length with the colon, 0 when there is none. */
static size_t matter_key(struct str line)
{
    size_t i = 0;
    while (i < line.n && i < MATTER_KEY_MAX && (str_is_alnum(line.p[i]) || line.p[i] == '_' || line.p[i] == '-'))
        i++;
    /* "key objectives:" and nothing behind it */
    size_t spaced = i;
    while (spaced < line.n && spaced < MATTER_KEY_MAX && (str_is_alpha(line.p[spaced]) || line.p[spaced] == ' '))
        spaced++;
    if (i && spaced > i && spaced < line.n && line.p[spaced] == ':' &&
        str_trim(str_sub(line, spaced + 1, line.n)).n == 0)
        i = spaced;
    if (i == 0 || i >= line.n || line.p[i] != ':' || !str_is_alpha(line.p[0]) ||
        (i + 1 < line.n && line.p[i + 1] != ' '))
        return 0;
    /* the running text of a filled-in template also has "Note: ..." lines: keys are small letters */
    for (size_t k = 0; k < i; k++)
        if (line.p[k] >= 'A' && line.p[k] <= 'Z')
            return 0;
    return i + 1;
}

static struct str matter_value(struct str v)
{
    v = str_trim(v);
    if (v.n >= 2 && (v.p[0] == '"' || v.p[0] == '\'')) {
        const char *end = memchr(v.p + 1, v.p[0], v.n - 1);
        return end ? str_sub(v, 1, (size_t)(end - v.p)) : str_sub(v, 1, v.n);
    }
    ptrdiff_t comment = str_find(v, STR(" #"));
    return comment >= 0 ? str_trim(str_sub(v, 0, (size_t)comment)) : v;
}

static void matter_fact_set(struct matter *m, struct str v)
{
    struct posting_facts *f = &m->p->facts;
    struct str *slot[] = {
        [MATTER_TITLE] = &f->title,           [MATTER_COMPANY] = &f->company,    [MATTER_LOCATION] = &f->location,
        [MATTER_TYPE] = &f->employment_type,  [MATTER_SALARY] = &f->salary_text, [MATTER_SALARY_MIN] = &m->salary_min,
        [MATTER_SALARY_MAX] = &m->salary_max, [MATTER_DATE] = &f->date_posted,   [MATTER_VALID] = &f->valid_through};
    static const char *const label[] = {[MATTER_COMPANY] = "Company",
                                        [MATTER_LOCATION] = "Location",
                                        [MATTER_TYPE] = "Employment type",
                                        [MATTER_SALARY] = "Salary"};
    if (v.n == 0 || slot[m->fact]->n)
        return;
    *slot[m->fact] = v;
    if (m->fact == MATTER_TITLE)
        posting_write_heading(m->w, v);
    else if (m->fact <= MATTER_SALARY)
        posting_write_fact(m->w, label[m->fact], v);
}

static void matter_close(struct matter *m)
{
    struct str body = str_trim((struct str){buf_str(&m->body), m->body.len});
    if (body.n > MATTER_LONG_BYTES && m->fact == MATTER_NONE) {
        posting_write_heading(m->w, str_of(m->heading));
        char *copy = arena_strndup(m->a, m->body.data, m->body.len);
        if (copy)
            posting_text_write(m->w, m->a, (struct str){copy, m->body.len});
        posting_write_break(m->w);
    } else if (m->fact == MATTER_NONE) {
        posting_write_fact(m->w, m->heading, body);
    }
    buf_reset(&m->body);
}

static void matter_open(struct matter *m, struct str line, size_t key_n)
{
    struct str key = str_sub(line, 0, key_n - 1), value = str_trim(str_sub(line, key_n, line.n));
    matter_close(m);
    m->fact = matter_fact_of(key);
    for (size_t i = 0; i < key.n; i++)
        m->heading[i] = key.p[i] == '_' || key.p[i] == '-' ? ' ' : key.p[i];
    m->heading[key.n] = '\0';
    if (m->heading[0] >= 'a' && m->heading[0] <= 'z')
        m->heading[0] = (char)(m->heading[0] - 32);
    if (value.n && (value.p[0] == '|' || value.p[0] == '>')) {
        value = str_sub(value, 1, value.n);
        while (value.n && (value.p[0] == '-' || value.p[0] == '+') && m->fact != MATTER_NONE)
            value = str_sub(value, 1, value.n);
        value = str_trim(value);
        if (value.n == 1 && (value.p[0] == '-' || value.p[0] == '+'))
            value.n = 0;
        buf_add(&m->body, value.p, value.n);
        buf_adds(&m->body, "\n");
        return;
    }
    value = matter_value(value);
    if (m->fact != MATTER_NONE && m->fact != MATTER_IGNORE)
        matter_fact_set(m, value);
    else if (m->fact == MATTER_NONE && value.n > 1 && !str_ieqc(value, "true") && !str_ieqc(value, "false"))
        buf_add(&m->body, value.p, value.n);
}

/* A line that belongs to the open key: lists of {title, items} lose their keys. */
static void matter_line(struct matter *m, struct str raw)
{
    struct str t = str_trim(raw);
    static const char *const drop[] = {"items:", "items", "- link:", "date:", "headline:", "time:"};
    for (size_t i = 0; i < ARRAY_LEN(drop); i++)
        if (str_eqc(t, drop[i]))
            return;
    if (m->fact != MATTER_NONE)
        return;
    if (str_starts(t, "- title:")) {
        t = matter_value(str_sub(t, 8, t.n));
        buf_adds(&m->body, "\n");
    }
    buf_add(&m->body, t.p, t.n);
    buf_adds(&m->body, "\n");
}

static void matter_salary(struct matter *m)
{
    bool digits = false;
    for (size_t i = 0; i < m->salary_min.n; i++)
        digits = digits || str_is_digit(m->salary_min.p[i]);
    if (!digits || m->p->facts.salary_text.n)
        return;
    char *text = m->salary_max.n
                     ? arena_printf(m->a, STR_FMT " - " STR_FMT, STR_ARG(m->salary_min), STR_ARG(m->salary_max))
                     : str_dup(m->a, m->salary_min);
    if (!text)
        return;
    m->p->facts.salary_text = str_of(text);
    posting_write_fact(m->w, "Salary", m->p->facts.salary_text);
}

struct str posting_matter_read(struct posting_writer *w, struct arena *a, struct str text, struct posting *p,
                               bool *found)
{
    *found = false;
    struct str rest = text, line;
    while (rest.n && (rest.p[0] == '\n' || rest.p[0] == ' '))
        rest = str_sub(rest, 1, rest.n);
    struct str start = rest;
    if (!str_next_line(&rest, &line))
        return text;
    if (str_starts(line, "title:"))
        rest = start; /* the opening line was lost, the closing one is looked for */
    else if (!str_eqc(str_trim(line), "---"))
        return text;
    struct str scan = rest;
    bool closed = false, keyed = false;
    while (!closed && str_next_line(&scan, &line)) {
        closed = str_eqc(str_trim(line), "---") || str_eqc(str_trim(line), "...");
        keyed = keyed || matter_key(line) > 0;
    }
    if (!closed || !keyed)
        return text;
    *found = true;
    struct matter m = {.w = w, .a = a, .p = p, .fact = MATTER_IGNORE};
    buf_init(&m.body, POSTING_SOURCE_MAX_BYTES * 2);
    while (str_next_line(&rest, &line) && rest.p < scan.p) {
        struct str t = str_trim(line);
        size_t key = matter_key(line);
        if (t.n && t.p[0] == '#' && !(t.n > 1 && t.p[1] == '#' && m.body.len))
            continue;
        if (key)
            matter_open(&m, line, key);
        else
            matter_line(&m, line);
    }
    matter_close(&m);
    matter_salary(&m);
    posting_write_break(w);
    buf_fini(&m.body);
    return scan;
}
