/* Where and how: work mode, location, employment type, seniority. Stated facts first, then lines with a label, then the
 * top of the text. */
#include "pipeline/engine/analysis_internal.h"

#include <pthread.h>
#include "base/utf8.h"

#define LOCATION_MAX_BYTES 160
#define TOP_BYTES          900
#define HEAD_BYTES         300

static const char *const us_states[] = {"AL", "AK", "AZ", "AR", "CA", "CO", "CT", "DE", "FL", "GA", "HI", "ID", "IL",
                                        "IN", "IA", "KS", "KY", "LA", "ME", "MD", "MA", "MI", "MN", "MS", "MO", "MT",
                                        "NE", "NV", "NH", "NJ", "NM", "NY", "NC", "ND", "OH", "OK", "OR", "PA", "RI",
                                        "SC", "SD", "TN", "TX", "UT", "VT", "VA", "WA", "WV", "WI", "WY", "DC"};
static const char *const regions[] = {"Alabama",
                                      "Alaska",
                                      "Arizona",
                                      "Arkansas",
                                      "California",
                                      "Colorado",
                                      "Connecticut",
                                      "Delaware",
                                      "Florida",
                                      "Georgia",
                                      "Hawaii",
                                      "Idaho",
                                      "Illinois",
                                      "Indiana",
                                      "Iowa",
                                      "Kansas",
                                      "Kentucky",
                                      "Louisiana",
                                      "Maine",
                                      "Maryland",
                                      "Massachusetts",
                                      "Michigan",
                                      "Minnesota",
                                      "Mississippi",
                                      "Missouri",
                                      "Montana",
                                      "Nebraska",
                                      "Nevada",
                                      "New Hampshire",
                                      "New Jersey",
                                      "New Mexico",
                                      "New York",
                                      "North Carolina",
                                      "North Dakota",
                                      "Ohio",
                                      "Oklahoma",
                                      "Oregon",
                                      "Pennsylvania",
                                      "Rhode Island",
                                      "South Carolina",
                                      "South Dakota",
                                      "Tennessee",
                                      "Texas",
                                      "Utah",
                                      "Vermont",
                                      "Virginia",
                                      "Washington",
                                      "West Virginia",
                                      "Wisconsin",
                                      "Wyoming",
                                      "Ontario",
                                      "Quebec",
                                      "British Columbia",
                                      "UK",
                                      "United Kingdom",
                                      "England",
                                      "Scotland",
                                      "Wales",
                                      "Ireland",
                                      "Germany",
                                      "France",
                                      "Spain",
                                      "Italy",
                                      "the Netherlands",
                                      "Netherlands",
                                      "Portugal",
                                      "Belgium",
                                      "Austria",
                                      "Switzerland",
                                      "Poland",
                                      "Sweden",
                                      "Denmark",
                                      "Norway",
                                      "Finland",
                                      "USA",
                                      "Canada",
                                      "Australia",
                                      "India",
                                      "Singapore",
                                      "Japan",
                                      "Brazil",
                                      "Mexico",
                                      "Estonia",
                                      "Deutschland",
                                      "España",
                                      "Italia",
                                      "Nederland"};

#define CITY(name) {name, 1},
static const struct lexicon_row city_rows[] = {
#include "pipeline/engine/analysis_cities.def"
};
#undef CITY

static struct lexicon city_lexicon; /* constant once built */
static pthread_once_t city_once = PTHREAD_ONCE_INIT;

static void city_build(void)
{
    lexicon_init(&city_lexicon, city_rows, ARRAY_LEN(city_rows));
}

/* Does the field begin with a town, written with a capital, and say little more? */
static bool begins_with_city(struct str f)
{
    struct token t[12];
    size_t n = tokens_read(f, t, ARRAY_LEN(t)), words;
    pthread_once(&city_once, city_build);
    return n && n < ARRAY_LEN(t) && f.n < 60 && t[0].flags & TOKEN_UPPER && t[0].start < 3 &&
           lexicon_at(&city_lexicon, t, n, 0, &words) && memchr(f.p, '.', f.n) == NULL && memchr(f.p, '?', f.n) == NULL;
}

static struct str keyed(const struct reading *r, const char *const *keys, size_t n)
{
    struct str rest = str_sub(r->text, 0, MIN(r->text.n, (size_t)6000)), line;
    while (str_next_line(&rest, &line)) {
        if (str_starts(line, "- "))
            line = str_sub(line, 2, line.n);
        bool heading = str_starts(line, "# ");
        const char *colon = memchr(line.p, ':', MIN(line.n, (size_t)32));
        if (!colon && !heading)
            continue;
        struct str key = heading ? str_sub(line, 2, line.n) : str_sub(line, 0, (size_t)(colon - line.p)), v;
        for (size_t i = 0; i < n; i++) {
            if (!str_ieqc(str_trim(key), keys[i]))
                continue;
            struct str after = rest;
            v = heading ? (struct str){"", 0} : str_trim(str_sub(line, key.n + 1, line.n));
            while (v.n == 0 && str_next_line(&after, &v) && v.n == 0)
                continue;
            v = str_starts(v, "- ") ? str_sub(v, 2, v.n) : v;
            if (v.n && v.n < 300 && v.p[0] != '#')
                return v;
        }
    }
    return (struct str){"", 0};
}

/* "City, ST" or "City, Region" at a comma; the whole span, n == 0 when it is none. */
static struct str place_at(struct str s, size_t comma)
{
    size_t start = comma, end = comma + 1, words = 0;
    while (start && words < 3) {
        size_t w = start;
        while (w && (str_is_alpha(s.p[w - 1]) || (unsigned char)s.p[w - 1] >= 0x80 || s.p[w - 1] == '-' ||
                     s.p[w - 1] == '\''))
            w--;
        if (w == start ||
            !((s.p[w] >= 'A' && s.p[w] <= 'Z') || ((unsigned char)s.p[w] >= 0xC3 && (unsigned char)s.p[w] < 0xE0)))
            break;
        start = w;
        words++;
        if (w == 0 || s.p[w - 1] != ' ')
            break;
        start = w - 1;
    }
    while (start < comma && s.p[start] == ' ')
        start++;
    bool small = false;
    for (size_t i = start; i < comma; i++)
        small = small || (s.p[i] >= 'a' && s.p[i] <= 'z');
    if (words == 0 || !small)
        return (struct str){"", 0};
    while (end < s.n && s.p[end] == ' ')
        end++;
    struct str tail = str_sub(s, end, s.n);
    for (size_t i = 0; i < ARRAY_LEN(us_states); i++)
        if (str_starts(tail, us_states[i]) && !(s.p[comma] == ' ' && strstr("OR IN ME OK HI", us_states[i])) &&
            (tail.n == 2 || !str_is_alnum(tail.p[2])))
            return str_sub(s, start, end + 2);
    for (size_t i = 0; i < ARRAY_LEN(regions); i++)
        if (str_starts(tail, regions[i]) && (tail.n == strlen(regions[i]) || !str_is_alpha(tail.p[strlen(regions[i])])))
            return str_sub(s, start, end + strlen(regions[i]));
    return (struct str){"", 0};
}

static struct str place_find(struct str s)
{
    for (size_t i = 1; i < s.n; i++) {
        if (s.p[i] != ',' && !(s.p[i] == ' ' && i + 3 <= s.n && s.p[i + 1] >= 'A' && s.p[i + 1] <= 'Z' &&
                               s.p[i + 2] >= 'A' && s.p[i + 2] <= 'Z' && (i + 3 == s.n || !str_is_alnum(s.p[i + 3]))))
            continue;
        struct str p = place_at(s, i);
        if (p.n && !str_starts(p, "Remote"))
            return p;
    }
    return (struct str){"", 0};
}

struct str analysis_place_find(struct str s)
{
    return place_find(s);
}

/* A field of a line under the title ("X GmbH · Hamburg-Altona · full time") that is a bare proper name. */
static bool bare_place(const struct reading *r, struct str f)
{
    size_t words = 1;
    if (str_iends(f, " no") || str_iends(f, " number") || str_istarts(f, "posting") || str_istarts(f, "ref"))
        return false;
    if (f.n < 3 || f.n > 40 || !(f.p[0] >= 'A' && f.p[0] <= 'Z') || str_ieq(f, r->an->company) ||
        title_has_job_noun(f) || str_ifind(r->an->title, f) >= 0)
        return false;
    for (size_t i = 0; i < f.n; i++) {
        words += f.p[i] == ' ';
        if (str_is_digit(f.p[i]) || strchr(":$%.!?", f.p[i]))
            return false;
    }
    struct clause whole = {0};
    size_t from = (size_t)(f.p - r->text.p);
    struct clause c = clause_part(r, &whole, from, from + f.n);
    return words <= 3 && c.cues == 0 && c.skill == c.skill_end;
}

/* Facts beside the title: "New York, Chicago, or remote", "Pittsburgh, PA - Strip District", "London, hybrid". */
static struct str top_line_place(const struct reading *r)
{
    struct str rest = str_sub(r->text, 0, utf8_cut(r->text, TOP_BYTES).n), line, bare = {"", 0}, mode = {"", 0};
    while (str_next_line(&rest, &line)) {
        size_t seen = 0;
        if (str_starts(line, "# "))
            line = str_sub(line, 2, line.n);
        struct str fields = line, f;
        ptrdiff_t dot;
        while (fields.n) {
            dot = str_find(fields, STR(" \xC2\xB7 "));
            ptrdiff_t bar = str_find(fields, STR(" | "));
            if (bar < 0)
                bar = str_find(fields, STR(" / "));
            size_t cut = dot >= 0 ? (size_t)dot : bar >= 0 ? (size_t)bar : fields.n;
            f = str_trim(str_sub(fields, 0, cut));
            fields = str_sub(fields, MIN(cut + (cut < fields.n ? (dot >= 0 ? 4u : 3u) : 0u), fields.n), fields.n);
            if (str_starts(f, "- "))
                f = str_sub(f, 2, f.n);
            ptrdiff_t stop = str_find(f, STR(". "));
            f = str_sub(f, 0, stop > 3 ? (size_t)stop : f.n);
            if (begins_with_city(f) && !str_ieq(f, r->an->title) && !str_ieq(f, r->an->company) &&
                !title_has_job_noun(f))
                return f;
            if (mode.n == 0 && f.n > 2 && f.n < 70 &&
                (str_istarts(f, "remote") || str_ifind_word(f, "hybrid", 0) >= 0) && f.p[f.n - 1] != '.')
                mode = f;
            if (seen++ && bare.n == 0 && bare_place(r, f))
                bare = f;
        }
    }
    return mode.n ? mode : bare;
}

/* "Developer – Fernweh Travel – Dublin": the last part of the page's title. */
static struct str hint_place(const struct reading *r)
{
    static const char *const seps[] = {" | ", " \xE2\x80\x93 ", " \xE2\x80\x94 ", " - ", ", ", " in "};
    struct str t = r->posting->title_hint;
    for (size_t i = 0; i < ARRAY_LEN(seps); i++)
        for (ptrdiff_t at = str_find(t, str_of(seps[i])); at >= 0;) {
            struct str part = str_sub(t, (size_t)at + strlen(seps[i]), t.n);
            if (begins_with_city(part) && str_ifind(r->an->company, part) < 0)
                return part;
            ptrdiff_t more = str_find(part, str_of(seps[i]));
            at = more < 0 ? -1 : (ptrdiff_t)(part.p - t.p) + more;
        }
    return (struct str){"", 0};
}

/* "Sous Chef - The Salt Meadow, Columbus (German Village)": a town behind a comma of the first lines. */
static struct str comma_place(const struct reading *r)
{
    struct str top = str_sub(r->text, 0, utf8_cut(r->text, HEAD_BYTES).n);
    for (size_t i = 0; i + 2 < top.n; i++) {
        if (top.p[i] != ',' || top.p[i + 1] != ' ')
            continue;
        size_t end = i + 2;
        while (end < top.n && !strchr("\n,;|.", top.p[end]))
            end++;
        struct str part = str_trim(str_sub(top, i + 2, end));
        if (begins_with_city(part))
            return part;
    }
    return (struct str){"", 0};
}

static void location_find(struct reading *r)
{
    static const char *const keys[] = {"location",     "locations", "where",      "site",        "duty station",
                                       "facility",     "standort",  "arbeitsort", "lieu",        "localisation",
                                       "ubicación",    "sede",      "locatie",    "localização", "place of work",
                                       "job location", "based in",  "office"};
    struct str s = r->posting->facts.location;
    if (s.n == 0)
        s = keyed(r, keys, ARRAY_LEN(keys));
    if (s.n) {
        for (size_t i = 9; i + 1 < s.n; i++)
            if (s.p[i] == '.' && s.p[i + 1] == ' ' && s.p[i - 2] != '.')
                s = str_sub(s, 0, i);
        r->an->location = utf8_cut(s, LOCATION_MAX_BYTES);
        return;
    }
    s = place_find(str_sub(r->text, 0, utf8_cut(r->text, TOP_BYTES).n));
    if (s.n == 0)
        s = top_line_place(r);
    if (s.n == 0)
        s = comma_place(r);
    if (s.n == 0)
        s = hint_place(r);
    if (s.n == 0)
        s = place_find(r->text);
    r->an->location = s;
}

static uint64_t cues_in(const struct reading *r, struct str s)
{
    /* s borrows from the text when it was found there; facts are read by themselves */
    if (s.p >= r->text.p && s.p + s.n <= r->text.p + r->text.n) {
        struct clause whole = {0};
        size_t from = (size_t)(s.p - r->text.p);
        return clause_part(r, &whole, from, from + s.n).cues;
    }
    uint64_t cues = 0;
    cues |= str_ifind_word(s, "remote", 0) >= 0 ? CUE(REMOTE) : 0;
    cues |= str_ifind_word(s, "hybrid", 0) >= 0 ? CUE(HYBRID) : 0;
    return cues;
}

static void mode_find(struct reading *r)
{
    struct analysis *an = r->an;
    uint64_t place = cues_in(r, an->location);
    size_t remote = 0, hybrid = 0, onsite = 0;
    for (size_t i = 0; i < r->clauses_n; i++) {
        const struct clause *c = &r->clauses[i];
        if (c->cues & (CUE(INJECTION) | CUE(LEGAL)))
            continue;
        size_t w = c->start < TOP_BYTES ? 3 : 1;
        if (c->kind == SECTION_DUTIES && c->item)
            continue;
        if (c->kind == SECTION_APPLY)
            continue;
        remote += c->cues & CUE(REMOTE) && !(c->cues & CUE(NOT_REMOTE)) ? w : 0;
        hybrid += c->cues & CUE(HYBRID) ? w : 0;
        onsite += c->cues & CUE(ONSITE) && !(c->cues & CUE(NOT_REMOTE)) ? w : 0;
    }
    if (place & CUE(HYBRID) || (hybrid && !(place & CUE(REMOTE)) && !r->posting->facts.remote))
        an->work_mode = WORK_MODE_HYBRID;
    else if (r->posting->facts.remote || place & CUE(REMOTE) || remote > onsite)
        an->work_mode = WORK_MODE_REMOTE;
    else if (onsite)
        an->work_mode = WORK_MODE_ONSITE;
}

static const char *type_of_fact(struct str s)
{
    static const struct {
        const char *word, *type;
    } map[] = {{"full", "full_time"},     {"part", "part_time"},      {"contract", "contract"},
               {"freelance", "contract"}, {"temporary", "temporary"}, {"term", "temporary"},
               {"intern", "internship"},  {"per_diem", "temporary"},  {"volunteer", "other"},
               {"vollzeit", "full_time"}, {"other", "other"}};
    for (size_t i = 0; i < ARRAY_LEN(map); i++)
        if (str_ifind(s, str_of(map[i].word)) >= 0)
            return map[i].type;
    return "";
}

static void type_find(struct reading *r)
{
    static const struct {
        uint64_t cue;
        const char *type;
    } order[] = {{CUE(INTERNSHIP), "internship"},
                 {CUE(CONTRACT), "contract"},
                 {CUE(TEMPORARY), "temporary"},
                 {CUE(PART_TIME), "part_time"},
                 {CUE(FULL_TIME), "full_time"}};
    struct analysis *an = r->an;
    an->employment_type = str_of(type_of_fact(r->posting->facts.employment_type));
    if (an->employment_type.n)
        return;
    uint64_t title = cues_in(r, an->title), top = 0, all = 0;
    title |= str_ifind_word(an->title, "intern", 0) >= 0 || str_ifind_word(an->title, "internship", 0) >= 0
                 ? CUE(INTERNSHIP)
                 : 0;
    for (size_t i = 0; i < r->clauses_n; i++) {
        const struct clause *c = &r->clauses[i];
        if (c->cues & CUE(INJECTION) || c->kind == SECTION_LEGAL || c->kind == SECTION_DUTIES ||
            c->kind == SECTION_BENEFITS)
            continue;
        top |= c->start < TOP_BYTES ? c->cues : 0;
        all |= c->kind == SECTION_REQUIREMENTS || c->kind == SECTION_PREFERRED ? 0 : c->cues;
    }
    /* interns and contractors are often mentioned without being meant: only title and top count for them; what is full
     * time is not less */
    top = top & CUE(FULL_TIME) ? top & ~(CUE(PART_TIME) | CUE(INTERNSHIP)) : top & ~CUE(INTERNSHIP);
    all = all & CUE(FULL_TIME) ? CUE(FULL_TIME) : all & (CUE(PART_TIME) | CUE(TEMPORARY));
    const uint64_t sources[] = {title, top, all};
    for (size_t s = 0; s < ARRAY_LEN(sources); s++)
        for (size_t i = 0; i < ARRAY_LEN(order); i++)
            if (sources[s] & order[i].cue) {
                an->employment_type = str_of(order[i].type);
                return;
            }
}

void analysis_place(struct reading *r)
{
    location_find(r);
    mode_find(r);
    type_find(r);
}

void analysis_seniority(struct reading *r)
{
    static const struct {
        const char *word;
        enum seniority level;
    } words[] = {{"intern", SENIORITY_INTERN},
                 {"internship", SENIORITY_INTERN},
                 {"trainee", SENIORITY_INTERN},
                 {"werkstudent", SENIORITY_INTERN},
                 {"apprentice", SENIORITY_INTERN},
                 {"chief", SENIORITY_EXECUTIVE},
                 {"vp", SENIORITY_EXECUTIVE},
                 {"vice president", SENIORITY_EXECUTIVE},
                 {"ceo", SENIORITY_EXECUTIVE},
                 {"cto", SENIORITY_EXECUTIVE},
                 {"executive director", SENIORITY_EXECUTIVE},
                 {"head of", SENIORITY_DIRECTOR},
                 {"director", SENIORITY_DIRECTOR},
                 {"assistant commissioner", SENIORITY_DIRECTOR},
                 {"branch chief", SENIORITY_MANAGER},
                 {"supervisor", SENIORITY_MANAGER},
                 {"engineering manager", SENIORITY_MANAGER},
                 {"manager of", SENIORITY_MANAGER},
                 {"principal", SENIORITY_STAFF},
                 {"staff engineer", SENIORITY_STAFF},
                 {"staff software", SENIORITY_STAFF},
                 {"tech lead", SENIORITY_LEAD},
                 {"team lead", SENIORITY_LEAD},
                 {"lead", SENIORITY_LEAD},
                 {"senior", SENIORITY_SENIOR},
                 {"sr", SENIORITY_SENIOR},
                 {"sénior", SENIORITY_SENIOR},
                 {"junior", SENIORITY_JUNIOR},
                 {"jr", SENIORITY_JUNIOR},
                 {"entry level", SENIORITY_JUNIOR},
                 {"graduate", SENIORITY_JUNIOR},
                 {"associate", SENIORITY_JUNIOR},
                 {"mid-level", SENIORITY_MID},
                 {"mid level", SENIORITY_MID},
                 {"intermediate", SENIORITY_MID},
                 {"first job", SENIORITY_JUNIOR}};
    struct analysis *an = r->an;
    /* "branch chief" is no chief */
    bool branch = str_ifind(an->title, STR("branch chief")) >= 0;
    for (size_t i = branch ? 12 : 0; i < ARRAY_LEN(words); i++)
        if (str_ifind_word(an->title, words[i].word, 0) >= 0 && !(str_ieqc(an->title, "associate"))) {
            an->seniority = words[i].level;
            return;
        }
    static const char *const phrases[] = {"junior level", "entry-level",           "entry level",
                                          "early-career", "new graduates welcome", "first job"};
    struct str top = str_sub(r->text, 0, MIN(r->text.n, (size_t)2500));
    for (size_t i = 0; i < ARRAY_LEN(phrases); i++)
        if (str_ifind(top, str_of(phrases[i])) >= 0) {
            an->seniority = SENIORITY_JUNIOR;
            return;
        }
    int years = an->experience_years_min;
    if (years < 0)
        return;
    an->seniority = years <= 1 ? SENIORITY_JUNIOR : years <= 4 ? SENIORITY_MID : SENIORITY_SENIOR;
}
