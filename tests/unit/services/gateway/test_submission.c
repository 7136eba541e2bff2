/* What clients send: every fault is listed with its pointer; equal requests are equal bytes. */
#include <criterion/criterion.h>
#include <string.h>
#include "core/seal.h"
#include "gateway/submission.h"

#define USER "\"user_id\":\"01890000-0000-7000-8000-000000000001\""
#define JOB  "\"job_id\":\"01890000-0000-7000-8000-000000000002\""

static struct arena arena;

static void setup(void)
{
    cr_assert_eq(seal_setup(NULL), 0);
    arena_init(&arena, (size_t)32 << 20);
}
static void teardown(void)
{
    arena_fini(&arena);
}
TestSuite(submission, .init = setup, .fini = teardown);

static int parse(const char *json, struct submission *s, struct faults *f)
{
    faults_init(f);
    return submission_parse(&arena, str_of(json), s, f);
}

static const struct err *fault_at(const struct faults *f, const char *pointer)
{
    for (size_t i = 0; i < f->n; i++)
        if (strcmp(f->items[i].pointer, pointer) == 0)
            return &f->items[i];
    return NULL;
}

Test(submission, whole_object_is_read)
{
    struct submission s;
    struct faults f;
    cr_assert_eq(parse("{" USER ",\"job\":{\"text\":\"a posting\",\"title\":\" Engineer \"},\"client_ref\":\"r1\","
                       "\"options\":{\"length\":\"short\",\"tone\":\"direct\",\"priority\":\"bulk\"}}",
                       &s, &f),
                 0);
    cr_assert(s.has_job);
    cr_assert(str_eqc(s.job.title, "Engineer"));
    cr_assert(str_eqc(s.client_ref, "r1"));
    cr_assert_eq(s.priority, PRIORITY_BULK);
    cr_assert_str_eq(s.options.p, "{\"tone\":\"direct\",\"length\":\"short\"}", "fixed order, without the priority");
}

Test(submission, every_fault_is_listed)
{
    struct submission s;
    struct faults f;
    cr_assert_lt(parse("{\"user_id\":\"x\",\"job\":{\"text\":\"\",\"titel\":\"a\"},\"client_ref\":5,"
                       "\"options\":{\"tone\":\"loud\",\"lenght\":\"short\",\"language\":\"english\"}}",
                       &s, &f),
                 0);
    const char *const pointers[] = {"/user_id",      "/job/text",       "/job/titel",       "/client_ref",
                                    "/options/tone", "/options/lenght", "/options/language"};
    for (size_t i = 0; i < ARRAY_LEN(pointers); i++)
        cr_expect(fault_at(&f, pointers[i]), "no fault at %s", pointers[i]);
    cr_assert_eq(f.n, ARRAY_LEN(pointers));
    cr_assert(strstr(fault_at(&f, "/options/lenght")->msg, "\"length\""), "no suggestion");
    cr_assert(strstr(fault_at(&f, "/job/titel")->msg, "\"title\""));
}

Test(submission, needs_user_and_one_job)
{
    struct submission s;
    struct faults f;
    cr_assert_lt(parse("{" USER "}", &s, &f), 0);
    cr_assert(fault_at(&f, "/job_id"));
    cr_assert_lt(parse("{" JOB "}", &s, &f), 0);
    cr_assert(fault_at(&f, "/user_id"));
    cr_assert_lt(parse("{" USER "," JOB ",\"job\":{\"text\":\"x\"}}", &s, &f), 0);
    cr_assert(fault_at(&f, "/job"));
    cr_assert_eq(parse("{" USER "," JOB "}", &s, &f), 0);
}

Test(submission, what_is_no_json_object_is_refused)
{
    static const char *const bad[] = {"",
                                      "nul",
                                      "[]",
                                      "5",
                                      "{",
                                      "{\"a\":1,}",
                                      "{" USER "," JOB "}x",
                                      "{\"user_id\":\"\\ud800\"}",
                                      "{\"user_id\":\"\\u0000\"}"};
    struct submission s;
    struct faults f;
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        cr_expect_lt(parse(bad[i], &s, &f), 0, "%s", bad[i]);
        cr_expect(faults_any(&f));
    }
}

Test(submission, an_address_is_refused_in_words)
{
    struct submission s;
    struct faults f;
    cr_assert_lt(parse("{" USER ",\"job\":{\"url\":\"https://example.com/job\"}}", &s, &f), 0);
    cr_assert_eq(f.n, 1);
    cr_assert(strstr(fault_at(&f, "/job/url")->msg, "not offered"));
}

Test(submission, the_same_posting_has_the_same_hash)
{
    struct job_input a = {.format = 1, .title = STR("x"), .company = STR(""), .body = STR("body")};
    struct job_input b = a, c = a, d = a;
    c.title = STR("");
    c.company = STR("x");
    d.format = 2;
    submission_job_hash(&a);
    submission_job_hash(&b);
    submission_job_hash(&c);
    submission_job_hash(&d);
    cr_assert_eq(memcmp(a.content_hash, b.content_hash, SEAL_HASH_BYTES), 0);
    cr_assert_neq(memcmp(a.content_hash, c.content_hash, SEAL_HASH_BYTES), 0,
                  "title and company must not run into each other");
    cr_assert_neq(memcmp(a.content_hash, d.content_hash, SEAL_HASH_BYTES), 0);
}

static void identity(const char *json, uint8_t out[16])
{
    struct submission s;
    struct faults f;
    cr_assert_eq(parse(json, &s, &f), 0);
    submission_identity(&s, out);
}

Test(submission, identity_is_the_reference_or_user_job_and_options)
{
    uint8_t a[16], b[16];
    identity("{" USER "," JOB ",\"client_ref\":\"r\"}", a);
    identity("{" USER ",\"job\":{\"text\":\"other\"},\"client_ref\":\"r\"}", b);
    cr_assert_eq(memcmp(a, b, 16), 0);
    identity("{" USER "," JOB "}", a);
    identity("{" USER "," JOB ",\"options\":{}}", b);
    cr_assert_eq(memcmp(a, b, 16), 0);
    identity("{" USER "," JOB ",\"options\":{\"tone\":\"formal\"}}", b);
    cr_assert_neq(memcmp(a, b, 16), 0);
}

Test(submission, user_email_is_checked_and_folded)
{
    struct submission_user u;
    struct faults f;
    faults_init(&f);
    cr_assert_eq(submission_user_parse(&arena, STR("{\"name\":\" Ada \",\"email\":\" Ada@Example.COM \"}"), &u, &f), 0);
    cr_assert(str_eqc(u.email_key, "ada@example.com"));
    cr_assert(str_eqc(u.sealed_json, "{\"name\":\"Ada\",\"email\":\"Ada@Example.COM\"}"));
    static const char *const bad[] = {"{\"email\":\"a\"}",     "{\"email\":\"@b\"}",    "{\"email\":\"a@\"}",
                                      "{\"email\":\"a@b@c\"}", "{\"email\":\"a b@c\"}", "{\"email\":7}"};
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        faults_init(&f);
        cr_expect_lt(submission_user_parse(&arena, str_of(bad[i]), &u, &f), 0, "%s", bad[i]);
        cr_expect(fault_at(&f, "/email"));
    }
}
