#include <criterion/criterion.h>
#include <string.h>
#include "cli/why.h"

static void expect(const char *application, const char *batch, const char *sentence)
{
    struct arena a;
    struct buf b;
    yyjson_val *app, *bat = NULL;
    arena_init(&a, 1 << 20);
    buf_init(&b, 4096);
    cr_assert_eq(json_parse(&a, str_of(application), &app, NULL, NULL), 0);
    if (batch)
        cr_assert_eq(json_parse(&a, str_of(batch), &bat, NULL, NULL), 0);
    why_sentence(app, bat, 1000, &b);
    cr_assert_str_eq(buf_str(&b), sentence);
    buf_fini(&b);
    arena_fini(&a);
}

Test(why, every_gate_has_its_sentence)
{
    expect("{\"state\":\"accepted\"}", "{\"state\":\"paused\"}",
           "The application waits because its batch is paused, until somebody resumes the batch.");
    expect("{\"state\":\"accepted\",\"created_at\":\"1970-01-01T00:16:30Z\",\"position\":12}",
           "{\"state\":\"running\"}", "The application waits to be admitted for 10 s, 12 before it.");
    expect("{\"state\":\"running\",\"stage\":\"optimize\",\"task\":{\"state\":\"running\",\"worker\":\"optimizer-2\","
           "\"claimed_at\":\"1970-01-01T00:16:38Z\",\"attempt\":2}}",
           NULL, "The application is being worked on by optimizer-2 (stage optimize) for 2 s, attempt 2.");
    expect("{\"state\":\"running\",\"stage\":\"join\"}", NULL,
           "The application has its documents and waits for the embeddings.");
    expect("{\"state\":\"parked\",\"stage\":\"cover-letter\",\"not_before\":\"1970-01-01T00:16:50Z\",\"attempts\":1,"
           "\"problem\":{\"code\":\"rate-limited\",\"detail\":\"Too many requests\"}}",
           NULL,
           "The application is parked (stage cover-letter) until 1970-01-01T00:16:50Z (in 10 s): Too many requests (1 "
           "attempt so far).");
    expect(
        "{\"state\":\"failed\",\"problem\":{\"code\":\"not-a-posting\",\"detail\":\"The text is not a job posting\"}}",
        NULL, "The application failed: The text is not a job posting.");
    expect("{\"state\":\"done\",\"ended_at\":\"1970-01-01T00:16:00Z\"}", NULL, "The application is done for 40 s.");
}

Test(why, unknown_states_and_missing_fields_do_no_harm)
{
    expect("{\"state\":\"sleeping\"}", NULL, "The application is sleeping.");
    expect("{}", NULL, "The application is .");
}
