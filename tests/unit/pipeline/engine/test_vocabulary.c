#include "pipeline/engine/vocabulary.h"

#include <criterion/criterion.h>
#include "base/cleanup.h"

static struct word_sense sense(const char *word)
{
    struct token t[4];
    struct str text = str_of(word);
    cr_assert_eq(tokens_read(text, t, ARRAY_LEN(t)), 1, "%s", word);
    return vocabulary_word(text, &t[0]);
}

static uint64_t topic(const char *name)
{
    for (size_t i = 0; i < vocabulary_topics_n(); i++)
        if (strcmp(vocabulary_topic_name(i), name) == 0)
            return UINT64_C(1) << i;
    cr_assert_fail("no topic %s", name);
    return 0;
}

Test(vocabulary, words_have_topics_in_all_forms)
{
    static const char *const NURSING[] = {"nurse", "Nurses", "NURSING", "nurse's", "patients", "wards"};
    for (size_t i = 0; i < ARRAY_LEN(NURSING); i++)
        cr_assert(sense(NURSING[i]).topics & topic("nursing"), "%s", NURSING[i]);
    cr_assert(sense("nursery").topics & topic("childcare"));
    cr_assert_not(sense("nursery").topics & topic("nursing"));
    cr_assert(sense("accountants").topics & topic("accounting"));
    cr_assert_not(sense("account").topics & topic("accounting"), "a listed form wins over the stem");
}

Test(vocabulary, furniture_of_postings_says_little)
{
    cr_assert_eq(sense("the").weight, 0);
    cr_assert_lt(sense("benefits").weight, 0.2);
    cr_assert_lt(sense("experience").weight, 0.2);
    cr_assert_lt(sense("managing").weight, 0.5);
    cr_assert_eq(sense("kubernetes").weight, 1);
    cr_assert_eq(sense("Zymurgy").weight, 1);
    cr_assert_eq(sense("Zymurgy").topics, 0);
}

Test(vocabulary, two_words_can_mean_what_neither_does)
{
    cr_assert(vocabulary_topics(STR("agents in a call center"), NULL, NULL) & topic("support"));
    cr_assert_not(vocabulary_topics(STR("call the town center"), NULL, NULL) & topic("support"));
    cr_assert_eq(vocabulary_topics(STR("security guards"), NULL, NULL), topic("guarding"));
    cr_assert(vocabulary_topics(STR("front-end"), NULL, NULL) & topic("web"));
}

Test(vocabulary, counts_and_first_times)
{
    uint16_t all[VOCABULARY_TOPICS_MAX] = {0}, once[VOCABULARY_TOPICS_MAX] = {0};
    struct vocabulary_seen seen = {.n = 0};
    struct str text = STR("Chef, chef, chef! Menus and a kitchen.");
    vocabulary_topics(text, all, NULL);
    vocabulary_topics(text, once, &seen);
    vocabulary_topics(text, once, &seen);
    size_t kitchen = (size_t)__builtin_ctzll(topic("kitchen"));
    cr_assert_eq(all[kitchen], 5);
    cr_assert_eq(once[kitchen], 3);
}

/* A row of the tables that can never match would be dead weight: every topic is found by its own words. */
Test(vocabulary, every_topic_has_a_sector_and_a_name_of_its_own)
{
    cr_assert_leq(vocabulary_topics_n(), VOCABULARY_TOPICS_MAX);
    for (size_t i = 0; i < vocabulary_topics_n(); i++) {
        cr_assert_gt(strlen(vocabulary_topic_sector(i)), 0);
        for (size_t k = 0; k < i; k++)
            cr_assert_str_neq(vocabulary_topic_name(i), vocabulary_topic_name(k));
    }
}
