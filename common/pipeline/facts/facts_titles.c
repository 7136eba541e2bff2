/* Titles. A title of the text is a phrase that ends in a word for a post ("Senior Platform Engineer") and is said of
 * the person: written with capitals, after "as a", or at the head of a résumé's entry. It is true when the profile
 * states it as it stands, or when one title of the same employment has its rank and all of its kind. Rank is never
 * raised, and never lost where it lowers. */
#include "pipeline/facts/facts_parts.h"

#define TITLE_WORDS_MAX 7

struct title {
    size_t from, to; /* tokens; the last one is the head */
    bool capital;
};

static bool word_is(const struct fcheck *c, size_t i, const char *w)
{
    return str_ieqc(facts_token_str(&c->x, i), w);
}

/* A head that is a post here: not "lead" the verb, not plural, not "Data Engineering". */
static bool head_at(const struct fcheck *c, size_t i, bool *ret_doubtful)
{
    *ret_doubtful = false;
    const struct ftext *x = &c->x;
    if (!(x->w[i].cls & FW(TITLE_HEAD)) || x->w[i].used)
        return false;
    bool upper = facts_is_upper(x, i) && (i > c->from || c->in->kind == FACTS_RESUME);
    if (!upper &&
        (word_is(c, i, "lead") || word_is(c, i, "head") || word_is(c, i, "coach") || word_is(c, i, "mentor") ||
         word_is(c, i, "cook") || word_is(c, i, "guard") || word_is(c, i, "author") || word_is(c, i, "host") ||
         word_is(c, i, "champion") || word_is(c, i, "chair") || word_is(c, i, "agent") || word_is(c, i, "server") ||
         word_is(c, i, "partner") || word_is(c, i, "broker") || word_is(c, i, "officer") ||
         word_is(c, i, "executive") || word_is(c, i, "associate") || word_is(c, i, "principal") ||
         word_is(c, i, "driver") || word_is(c, i, "controller")))
        *ret_doubtful = true; /* a verb or a thing, unless it is said what somebody is */
    return true;
}

static bool breaks_title(const struct ftext *x, size_t i) /* before token i */
{
    char g = x->w[i].gap;
    return g != ' ' && g != '-' && g != '/';
}

static bool self_cue(const struct fcheck *c, size_t from)
{
    if (from <= c->from)
        return false;
    size_t b = from - 1;
    if (word_is(c, b, "a") || word_is(c, b, "an") || word_is(c, b, "the") || word_is(c, b, "their") ||
        word_is(c, b, "our") || word_is(c, b, "its") || word_is(c, b, "my")) {
        if (b == c->from)
            return false;
        b--;
    }
    while (b > c->from &&
           (word_is(c, b, "currently") || word_is(c, b, "now") || word_is(c, b, "also") || word_is(c, b, "presently") ||
            word_is(c, b, "still") || word_is(c, b, "both") || word_is(c, b, "initially") || word_is(c, b, "first")))
        b--;
    if (word_is(c, b, "is") || word_is(c, b, "was") || word_is(c, b, "being") ||
        word_is(c, b, "of")) /* "my title there is" */
        for (size_t k = b; k > c->from && b - k < 5; k--)
            if (word_is(c, k - 1, "title") || word_is(c, k - 1, "role") || word_is(c, k - 1, "position") ||
                word_is(c, k - 1, "rank") || word_is(c, k - 1, "job"))
                return true;
    static const char *const CUES[] = {"as", "am", "im", "was", "became", "become", "i'm", "i’m", NULL};
    for (size_t i = 0; CUES[i]; i++)
        if (word_is(c, b, CUES[i]))
            return !(word_is(c, b, "was") && b > c->from && !(c->x.w[b - 1].cls & FW(FIRST)));
    if (word_is(c, b, "to"))
        return b > c->from && (word_is(c, b - 1, "promoted") || word_is(c, b - 1, "promotion") ||
                               word_is(c, b - 1, "rose") || word_is(c, b - 1, "advanced") || word_is(c, b - 1, "grew"));
    return word_is(c, b, "of") && b > c->from &&
           (word_is(c, b - 1, "position") || word_is(c, b - 1, "title") || word_is(c, b - 1, "role") ||
            word_is(c, b - 1, "rank"));
}

static struct title title_at(const struct fcheck *c, size_t i)
{
    const struct ftext *x = &c->x;
    struct title t = {i, i + 1, facts_is_upper(x, i)};
    /* "Engineering Manager", "Manager of Operations": the head may be followed by another head or by of */
    while (t.to < c->to && !breaks_title(x, t.to) && (x->w[t.to].cls & FW(TITLE_HEAD)) &&
           facts_is_upper(x, t.to) == t.capital)
        t.to++;
    while (t.from > c->from && t.to - t.from < TITLE_WORDS_MAX && !breaks_title(x, t.from)) {
        size_t b = t.from - 1;
        if (c->x.t[b].end > 2 && c->x.text.p[c->x.t[b].end - 1] == 's' &&
            (c->x.text.p[c->x.t[b].end - 2] == '\'' || (unsigned char)c->x.text.p[c->x.t[b].end - 2] == 0x99))
            break; /* "the team's technical lead" */
        if (t.capital) {
            bool inner = (word_is(c, b, "of") || word_is(c, b, "and") || word_is(c, b, "&")) && b > c->from &&
                         facts_is_upper(x, b - 1) && !breaks_title(x, b);
            if (!facts_is_upper(x, b) && !inner)
                break;
            if ((x->w[b].cls & FW(STOP)) && !inner)
                break;
            if (b == c->from && c->in->kind == FACTS_LETTER && !(x->w[b].cls & (FW(SENIOR) | FW(DEMOTE))))
                break;
        } else if (facts_is_upper(x, b) || (x->w[b].cls & (FW(STOP) | FW(FIRST))) || x->w[b].number >= 0) {
            if (!(facts_is_upper(x, b) && !(x->w[b].cls & (FW(STOP) | FW(FIRST))) && b > c->from))
                break;
        }
        t.from--;
    }
    return t;
}

static bool of_employment(const struct facts_index *ix, const struct fsource *s, int arg)
{
    (void)ix;
    return s->employment == arg && !s->name;
}

static bool of_none(const struct facts_index *ix UNUSED, const struct fsource *s, int arg UNUSED)
{
    return s->employment < 0 && !s->name;
}

static bool same_head(const struct fcheck *c, size_t i, const struct facts_index *ix, size_t k)
{
    if (ix->words.t[k].hash == c->x.t[i].hash || ix->words.w[k].stem == c->x.w[i].stem)
        return true;
    static const char *const SAME[][5] = {{"engineer", "developer", "programmer"},
                                          {"attorney", "lawyer", "solicitor", "counsel"},
                                          {"teacher", "educator", "instructor"},
                                          {"lead", "leader"},
                                          {"representative", "rep"},
                                          {"advisor", "adviser"},
                                          {"analyst", "analytics"},
                                          {"coordinator", "co-ordinator"}};
    struct str a = facts_token_str(&c->x, i), b = facts_token_str(&ix->words, k);
    for (size_t g = 0; g < ARRAY_LEN(SAME); g++) {
        bool x = false, y = false;
        for (size_t w = 0; w < 5 && SAME[g][w]; w++) {
            x |= str_ieqc(a, SAME[g][w]);
            y |= str_ieqc(b, SAME[g][w]);
        }
        if (x && y)
            return true;
    }
    return false;
}

static bool same_rank_word(struct str a, struct str b)
{
    if (str_ieq(a, b))
        return true;
    return (str_ieqc(a, "sr") && str_ieqc(b, "senior")) || (str_ieqc(a, "senior") && str_ieqc(b, "sr")) ||
           (str_ieqc(a, "jr") && str_ieqc(b, "junior")) || (str_ieqc(a, "junior") && str_ieqc(b, "jr")) ||
           (str_ieqc(a, "vp") && str_ieqc(b, "vice")) || (str_ieqc(a, "leader") && str_ieqc(b, "lead"));
}

static bool source_has(const struct facts_index *ix, const struct fsource *s, struct str w, uint32_t stem)
{
    for (size_t k = s->first; k < s->first + s->n; k++)
        if (same_rank_word(w, facts_token_str(&ix->words, k)) || (stem && ix->words.w[k].stem == stem))
            return true;
    return false;
}

/* Every word of the kind ("platform") is said somewhere of the employment, or of the person as a whole. */
static bool kind_known(const struct facts_index *ix, uint32_t stem, int employment)
{
    for (const struct fnode *n = facts_table_first(&ix->by_stem, stem); n; n = facts_table_next(&ix->by_stem, n)) {
        const struct fsource *s = &ix->sources[n->source];
        if (s->employment == employment || s->role || s->section == SECTION_BASICS)
            return true;
    }
    return false;
}

static bool role_supports(const struct fcheck *c, const struct title *t, const struct fsource *s)
{
    const struct facts_index *ix = c->ix;
    bool head = false;
    for (size_t k = s->first; k < s->first + s->n; k++)
        head |= same_head(c, t->to - 1, ix, k);
    if (!head)
        return false;
    for (size_t i = t->from; i < t->to; i++) {
        const struct fword *w = &c->x.w[i];
        struct str word = facts_token_str(&c->x, i);
        if (i + 1 == t->to || (w->cls & FW(STOP)))
            continue;
        if (w->cls & (FW(SENIOR) | FW(TITLE_HEAD))) {
            if (!source_has(ix, s, word, 0))
                return false;
        } else if (t->capital ? !source_has(ix, s, word, w->stem) &&
                                    !(s->employment >= 0 && kind_known(ix, w->stem, s->employment) && !s->role)
                              : !source_has(ix, s, word, w->stem) && !kind_known(ix, w->stem, s->employment)) {
            return false;
        }
    }
    /* "Assistant Manager" is no "Manager" */
    for (size_t k = s->first; k < s->first + s->n; k++) {
        if (!(ix->words.w[k].cls & FW(DEMOTE)) || same_head(c, t->to - 1, ix, k))
            continue;
        bool beside = k + 1 < s->first + s->n && same_head(c, t->to - 1, ix, k + 1);
        bool kept = !beside && s->n > 4;
        for (size_t i = t->from; i < t->to && !kept; i++)
            kept = same_rank_word(facts_token_str(&c->x, i), facts_token_str(&ix->words, k));
        if (!kept && (beside || s->n <= 4))
            return false;
    }
    return true;
}

/* An exact run in the employment's own words, unless the title there is the tail of a lower one ("Assistant Manager").
 */
static bool stated(const struct fcheck *c, const struct title *t, int employment, bool any)
{
    const struct facts_index *ix = c->ix;
    for (const struct fnode *n = facts_table_first(&ix->by_word, c->x.t[t->from].hash); n;
         n = facts_table_next(&ix->by_word, n)) {
        const struct fsource *s = &ix->sources[n->source];
        if (!any && (employment >= 0 ? !of_employment(ix, s, employment) : !of_none(ix, s, 0)))
            continue;
        if (s->section == SECTION_SKILL || (s->section == SECTION_OTHER && s->employment < 0))
            continue;
        size_t k = 0;
        while (t->from + k < t->to && n->at + k < s->first + s->n &&
               ix->words.t[n->at + k].hash == c->x.t[t->from + k].hash)
            k++;
        if (t->from + k != t->to)
            continue;
        bool lowered = n->at > s->first && (ix->words.w[n->at - 1].cls & FW(DEMOTE)) && ix->words.w[n->at].gap == ' ' &&
                       (ix->words.t[n->at - 1].flags & TOKEN_UPPER);
        bool wide = n->at + k < s->first + s->n && (ix->words.w[n->at + k].cls & FW(TITLE_HEAD)) &&
                    ix->words.w[n->at + k].gap == ' ' && s->role;
        if (!lowered && !wide)
            return true;
    }
    return false;
}

static bool grounded(const struct fcheck *c, const struct title *t, int employment)
{
    const struct facts_index *ix = c->ix;
    if (employment >= 0) {
        bool rank = false;
        for (size_t i = t->from; i < t->to; i++)
            rank |= (c->x.w[i].cls & FW(SENIOR)) != 0;
        if (stated(c, t, employment, false) || (!t->capital && !rank && stated(c, t, -1, false)))
            return true;
        for (size_t s = 0; s < ix->sources_n; s++)
            if (ix->sources[s].role && ix->sources[s].employment == employment && role_supports(c, t, &ix->sources[s]))
                return true;
        /* "technical lead" is said in the summary of the employment */
        for (size_t s = 0; s < ix->sources_n; s++)
            if (ix->sources[s].employment == employment && !ix->sources[s].role && !ix->sources[s].name &&
                ix->sources[s].n < 60 && !t->capital && (ix->sources[s].cls & FW(TITLE_HEAD)) &&
                role_supports(c, t, &ix->sources[s]))
                return true;
        return false;
    }
    if (stated(c, t, -1, true))
        return true;
    for (size_t s = 0; s < ix->sources_n; s++)
        if (ix->sources[s].role && role_supports(c, t, &ix->sources[s]))
            return true;
    return false;
}

/* The title is that of the post applied for, or of somebody else. */
static bool of_other(const struct fcheck *c, const struct title *t)
{
    const struct ftext *x = &c->x;
    if (x->w[t->to - 1].scope != SCOPE_CLAIM)
        return true;
    size_t next = t->to;
    bool claimed = x->w[t->to - 1].post & FACTS_POST_CLAIMED;
    if (!claimed && next < c->to && !breaks_title(x, next) &&
        (word_is(c, next, "position") || word_is(c, next, "role") || word_is(c, next, "opening") ||
         word_is(c, next, "vacancy") || word_is(c, next, "job") || word_is(c, next, "opportunity") ||
         word_is(c, next, "posting"))) {
        bool mine = t->from > c->from &&
                    (word_is(c, t->from - 1, "my") || (t->from > c->from + 1 && word_is(c, t->from - 1, "current")));
        if (!mine && (c->cls & FW(APPLY)))
            return true;
    }
    /* "reported to the Director", "with the Epic inpatient team": a person beside */
    for (size_t k = t->from; k > c->from && t->from - k < 3; k--) {
        struct str w = facts_token_str(x, k - 1);
        if (str_ieqc(w, "reported") || str_ieqc(w, "reporting") || str_ieqc(w, "report") || str_ieqc(w, "with") ||
            str_ieqc(w, "by") || str_ieqc(w, "for") || str_ieqc(w, "supported") || str_ieqc(w, "assisted") ||
            str_ieqc(w, "advised") || str_ieqc(w, "each") || str_ieqc(w, "every") || str_ieqc(w, "other"))
            return true;
        if (str_ieqc(w, "to") &&
            !(k - 1 > c->from && (word_is(c, k - 2, "promoted") || word_is(c, k - 2, "promotion"))))
            return true;
    }
    return false;
}

/* The employer that the title is said to be at. */
static int title_employer(const struct fcheck *c, const struct title *t, int employment)
{
    size_t at[PROFILE_EMPLOYMENTS_MAX];
    uint64_t named = facts_employers_named(c, c->from, c->to, at);
    if (!named)
        return c->in->kind == FACTS_RESUME ? employment : -1;
    if (!(named & (named - 1)))
        return __builtin_ctzll(named);
    /* the name that follows the title, else the one before */
    int best = -1;
    size_t far = 1000;
    for (int e = 0; e < PROFILE_EMPLOYMENTS_MAX; e++) {
        if (!(named >> e & 1))
            continue;
        size_t d = at[e] >= t->to ? at[e] - t->to : (t->from - at[e]) * 2 + 3;
        if (d < far)
            far = d, best = e;
    }
    return best;
}

void facts_check_titles(struct fcheck *c, int employment)
{
    for (size_t i = c->from; i < c->to; i++) {
        bool doubtful;
        if (!head_at(c, i, &doubtful))
            continue;
        struct title t = title_at(c, i);
        bool cue = self_cue(c, t.from);
        bool entry_head = c->in->kind == FACTS_RESUME && t.from == c->from && t.capital &&
                          !(c->section == SECTION_SKILL) && !(c->section == SECTION_CERTIFICATE) &&
                          !(c->section == SECTION_EDUCATION) && c->section != SECTION_AWARD;
        i = t.to - 1;
        if (doubtful && !cue)
            continue;
        if (c->section == SECTION_SKILL || c->section == SECTION_CERTIFICATE || c->section == SECTION_OTHER ||
            c->section == SECTION_AWARD)
            continue;
        if (of_other(c, &t) || (!t.capital && !cue) ||
            (t.capital && t.to - t.from == 1 && !cue && !entry_head &&
             !(t.to + 1 < c->to && word_is(c, t.to, "of") && facts_is_upper(&c->x, t.to + 1))))
            continue;
        if (t.capital && !cue && !entry_head && t.from > c->from && (c->x.w[t.from - 1].cls & FW(CERT)))
            continue; /* "Certified Kubernetes Administrator": judged as a certificate */
        bool cert = false;
        for (size_t k = t.from; k < t.to; k++)
            cert |= (c->x.w[k].cls & (FW(CERT) | FW(CERT_NAME))) != 0;
        if (cert || (c->x.w[t.from].cls & FW(DEGREE)))
            continue;
        int e = title_employer(c, &t, employment);
        bool same_run = e >= 0 && facts_run_source(c->ix, &c->x, t.from, t.to, NULL, 0) >= 0 && !cue && !entry_head;
        bool ok = grounded(c, &t, e);
        /* a name that happens to end in such a word ("Epic Super User", "Tableau Server") */
        if (!ok && same_run && c->ix->sources[facts_run_source(c->ix, &c->x, t.from, t.to, NULL, 0)].role == false)
            ok = true;
        if (!ok && e >= 0 && !cue && !entry_head && grounded(c, &t, -1) && c->in->kind == FACTS_RESUME &&
            c->section == SECTION_BASICS)
            ok = true;
        if (ok) {
            for (size_t k = t.from; k < t.to; k++)
                if (!(c->x.w[k].flags & FT_TECHNICAL))
                    c->x.w[k].used = true;
            continue;
        }
        int closest = -1;
        for (size_t s = 0; s < c->ix->sources_n && closest < 0; s++)
            if (c->ix->sources[s].role && (e < 0 || c->ix->sources[s].employment == e))
                closest = (int)s;
        facts_violate(c, FACTS_UNGROUNDED_TITLE, t.from, t.to, closest);
        for (size_t k = t.from; k < t.to; k++)
            c->x.w[k].used = true;
    }
}
