/* Templates, chance and quotes. Chance is splitmix64 over the seed and the names in the posting: the same input gives
 * the same letter, another posting another choice of words. */
#include "pipeline/engine/lex.h"
#include "pipeline/engine/letter_parts.h"

#define TEMPLATES_MAX 24

uint32_t letter_random(struct letter *l, uint32_t below)
{
    uint64_t z = l->rng += 0x9E3779B97F4A7C15ULL;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ULL;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBULL;
    z ^= z >> 31;
    return below ? (uint32_t)((z >> 16) % below) : 0;
}

static bool eligible(const char *t, const struct letter_values *v)
{
    for (; *t; t++)
        if (t[0] == '{' && t[1] >= 'A' && t[1] <= 'Z' && t[2] == '}' && VALUE(v, t[1]).n == 0)
            return false;
    return true;
}

static uint32_t hash_of(const char *t)
{
    uint32_t h = 2166136261u;
    for (; *t; t++)
        h = (h ^ (unsigned char)*t) * 16777619u;
    return h;
}

static bool is_used(const struct letter *l, uint32_t h)
{
    for (size_t i = 0; i < l->used_n; i++)
        if (l->used_templates[i] == h)
            return true;
    return false;
}

/* Templates that name the employer (or its client) win over those that do not, fresh ones over those this letter has.
 */
static const char *choose(struct letter *l, const char *const *list, const struct letter_values *v)
{
    const char *best[TEMPLATES_MAX];
    size_t n = 0;
    int top = -1;
    for (; *list; list++) {
        if (!eligible(*list, v))
            continue;
        bool named = strstr(*list, "{C}") || strstr(*list, "{L}") ||
                     (!l->company.n && VALUE(v, 'L').n == 0 && strstr(*list, "{T}"));
        bool opening = named && (strstr(*list, "appl") || strstr(*list, "consider") || strstr(*list, "hiring"));
        int rank = (is_used(l, hash_of(*list)) ? 0 : 2) + (opening ? 1 : 0);
        if (rank > top) {
            top = rank;
            n = 0;
        }
        if (rank == top && n < TEMPLATES_MAX)
            best[n++] = *list;
    }
    if (n == 0)
        return NULL;
    const char *t = best[letter_random(l, (uint32_t)n)];
    if (l->used_n < ARRAY_LEN(l->used_templates))
        l->used_templates[l->used_n++] = hash_of(t);
    return t;
}

static struct str fill(struct letter *l, const char *t, size_t n, const struct letter_values *v)
{
    char out[2048];
    size_t len = 0;
    for (size_t i = 0; i < n; i++) {
        bool value = t[i] == '{' && i + 2 < n && t[i + 2] == '}';
        struct str s = value ? VALUE(v, t[i + 1]) : (struct str){.p = t + i, .n = 1};
        if (!value && t[i] == '.' && len && out[len - 1] == '.')
            continue; /* "Larkspur Outdoor Co." ends the sentence by itself */
        if (len + s.n >= sizeof(out))
            return (struct str){.p = "", .n = 0};
        memcpy(out + len, s.p, s.n);
        len += s.n;
        i += value ? 2 : 0;
    }
    char *text = arena_strndup(l->a, out, len);
    return phrase_upper_first(l->a, str_of(text));
}

struct str letter_fill(struct letter *l, const char *const *templates, const struct letter_values *v)
{
    const char *t = choose(l, templates, v);
    return t ? fill(l, t, strlen(t), v) : (struct str){.p = "", .n = 0};
}

size_t letter_say(struct letter *l, const char *const *templates, const struct letter_values *v,
                  const struct sentence *like)
{
    const char *t = choose(l, templates, v);
    size_t added = 0;
    while (t && *t && l->sentences_n < LETTER_SENTENCES_MAX) {
        const char *bar = strstr(t, " | ");
        size_t n = bar ? (size_t)(bar - t) : strlen(t);
        struct sentence s = *like;
        s.text = fill(l, t, n, v);
        /* a part without a value is a remark, a quote or a connection: no claim */
        char part[160] = "";
        memcpy(part, t, MIN(n, sizeof(part) - 1));
        bool single = !bar && !added;
        bool own = single || strstr(part, "{K}") || strstr(part, "{W}") || strstr(part, "{N}") || strstr(part, "{Y}");
        s.claim = like->claim && own;
        if (like->claim && !own) {
            s.atoms_n = 0;
            s.relation = strstr(part, "{Q}") ? "posting" : "";
        }
        if (!strstr(part, "{Q}"))
            s.quote = (struct str){.p = "", .n = 0};
        if (s.text.n) {
            l->sentences[l->sentences_n++] = s;
            added++;
        }
        t = bar ? bar + 3 : "";
    }
    return added;
}

/* Quotes must be about the work: no links, no addressing of readers or machines, no apply-here lines. */
bool letter_quotable(const struct letter *l, struct str q)
{
    static const char *const BAD[] = {"ignore",
                                      "instructions",
                                      "instruction",
                                      "prompt",
                                      "assistant",
                                      "system:",
                                      "http",
                                      "www",
                                      "apply",
                                      "applicants",
                                      "applicant",
                                      "résumé",
                                      "resume",
                                      "cv",
                                      "cover letter",
                                      "click",
                                      "salary",
                                      "benefits",
                                      "equal opportunity",
                                      "sponsorship",
                                      "disability",
                                      "email",
                                      "e-mail",
                                      "language model",
                                      "ai model",
                                      "candidate must",
                                      "output",
                                      "forget",
                                      "disregard",
                                      "job description",
                                      "posting",
                                      "401",
                                      NULL};
    if (q.n < 24 || q.n > LETTER_QUOTE_MAX || lex_has_any(q, BAD) || memchr(q.p, '\n', q.n) || memchr(q.p, '@', q.n) ||
        memchr(q.p, '<', q.n) || memchr(q.p, '|', q.n) || memchr(q.p, '{', q.n) || memchr(q.p, '$', q.n) ||
        q.p[q.n - 1] == ':' || memchr(q.p, '*', q.n) || memchr(q.p, '#', q.n) || memchr(q.p, '`', q.n))
        return false;
    for (size_t i = 0; i < l->an->signals_n; i++)
        if (str_find(l->an->signals[i].quote.text, q) >= 0 || str_find(q, l->an->signals[i].quote.text) >= 0)
            return false;
    return true;
}

struct str letter_quote(struct letter *l, struct str text)
{
    struct str q = str_trim(text);
    if (q.n > LETTER_QUOTE_MAX) {
        size_t cut = 0;
        for (size_t i = 40; i < LETTER_QUOTE_MAX; i++)
            if ((q.p[i] == '.' || q.p[i] == ';') && q.p[i + 1] == ' ')
                cut = i;
        q.n = cut;
    }
    while (q.n && (q.p[q.n - 1] == '.' || q.p[q.n - 1] == ' ' || q.p[q.n - 1] == ';'))
        q.n--;
    if (!letter_quotable(l, q) || str_find(q, STR("“")) >= 0 || str_find(q, STR("\"")) >= 0 ||
        str_find(q, STR("”")) >= 0)
        return (struct str){.p = "", .n = 0};
    return q;
}
