/* Templates filled, and chance. Chance is splitmix64 over the seed and the names in the posting: the same input gives
 * the same letter, another posting another choice of words. */
#include "pipeline/engine/letter_parts.h"

uint32_t letter_random(struct letter *l, uint32_t below)
{
    uint64_t z = l->rng += 0x9E3779B97F4A7C15ULL;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ULL;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBULL;
    z ^= z >> 31;
    return below ? (uint32_t)((z >> 16) % below) : 0;
}

bool letter_is_value(const char *t)
{
    return t[0] == '{' && ((t[1] >= 'A' && t[1] <= 'Z') || (t[1] >= 'a' && t[1] <= 'z')) && t[2] == '}';
}

static bool ends_sentence(char c)
{
    return c == '.' || c == '!' || c == '?';
}

struct str letter_fill_part(struct letter *l, const char *t, size_t n, const struct letter_values *v)
{
    char out[2048];
    size_t len = 0;
    for (size_t i = 0; i < n; i++) {
        bool value = i + 2 < n && letter_is_value(t + i);
        struct str s = value ? VALUE(v, t[i + 1]) : (struct str){.p = t + i, .n = 1};
        if (!value && t[i] == '.' && len && ends_sentence(out[len - 1]))
            continue; /* "Larkspur Outdoor Co." ends the sentence by itself */
        if (!value && t[i] == ',' && len && out[len - 1] == ',')
            continue; /* "at Corvane, where I am an engineer," brings its own comma */
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
    const char *t = letter_choose(l, templates, v);
    return t ? letter_fill_part(l, t, strlen(t), v) : (struct str){.p = "", .n = 0};
}

static bool part_has(const char *t, size_t n, const char *values)
{
    for (size_t i = 0; i + 2 < n; i++)
        if (letter_is_value(t + i) && strchr(values, t[i + 1]))
            return true;
    return false;
}

size_t letter_say(struct letter *l, const char *const *templates, const struct letter_values *v,
                  const struct sentence *like)
{
    const char *t = letter_choose(l, templates, v);
    size_t added = 0;
    bool several = t && strstr(t, " | ");
    while (t && *t && l->sentences_n < LETTER_SENTENCES_MAX) {
        const char *bar = strstr(t, " | ");
        size_t n = bar ? (size_t)(bar - t) : strlen(t);
        struct sentence s = *like;
        s.text = letter_fill_part(l, t, n, v);
        s.loose = letter_looseness(t, n);
        /* a part without what the person did is a remark, a quote or a connection: no claim */
        bool own = !several || part_has(t, n, "KWNpsYRDBJjk");
        bool quotes = part_has(t, n, "Qqdm");
        s.claim = like->claim && own;
        if (like->claim && !own) {
            s.atoms_n = 0;
            s.relation = quotes ? "posting" : "";
        }
        if (!quotes)
            s.quote = (struct str){.p = "", .n = 0};
        letter_quote_used(l, s.quote);
        if (s.text.n) {
            l->sentences[l->sentences_n++] = s;
            added++;
        }
        t = bar ? bar + 3 : "";
    }
    return added;
}
