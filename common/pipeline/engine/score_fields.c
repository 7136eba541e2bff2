/* Fields of work, by the topics of the vocabulary: how much of what the posting speaks about the profile speaks about
 * too, and whether two titles are of one field. A word counts once on either side, so that repeating it is worth
 * nothing; what the profile says with more words than enough adds nothing, and nothing it says takes anything away. */
#include "pipeline/engine/score_parts.h"
#include "pipeline/engine/vocabulary.h"

#define TOPIC_ENOUGH 3 /* different words */
#define TITLE_COUNTS 3 /* times */

static bool same_sector(uint64_t a, uint64_t b)
{
    for (size_t i = 0; a >> i && i < vocabulary_topics_n(); i++)
        for (size_t k = 0; (a >> i & 1) && b >> k && k < vocabulary_topics_n(); k++)
            if ((b >> k & 1) && strcmp(vocabulary_topic_sector(i), vocabulary_topic_sector(k)) == 0)
                return true;
    return false;
}

double score_field_of_titles(struct str a, struct str b)
{
    uint64_t x = vocabulary_topics(a, NULL, NULL), y = vocabulary_topics(b, NULL, NULL);
    return x & y ? 1.0 : same_sector(x, y) ? 0.5 : 0.0;
}

bool score_field_coverage(const struct scorer *s, double *ret)
{
    uint16_t asked[VOCABULARY_TOPICS_MAX] = {0};
    const uint16_t *said = s->p->topics;
    struct vocabulary_seen seen = {.n = 0};
    double covered = 0, all = 0;
    vocabulary_topics(s->an->title, asked, &seen);
    for (size_t i = 0; i < vocabulary_topics_n(); i++)
        asked[i] = (uint16_t)(asked[i] * TITLE_COUNTS);
    for (size_t i = 0; i < s->an->requirements_n; i++)
        vocabulary_topics(s->an->requirements[i].text, asked, &seen);
    for (size_t i = 0; i < s->an->responsibilities_n; i++)
        vocabulary_topics(s->an->responsibilities[i].text, asked, &seen);
    for (size_t i = 0; i < vocabulary_topics_n(); i++) {
        covered += asked[i] * MIN((double)said[i], (double)TOPIC_ENOUGH) / TOPIC_ENOUGH;
        all += asked[i];
    }
    *ret = all > 0 ? covered / all : 0;
    return all > 0;
}
