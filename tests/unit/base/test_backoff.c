#include <criterion/criterion.h>
#include <limits.h>
#include "base/backoff.h"

static const struct backoff b = {.base_ms = 100, .max_ms = 5000};

Test(backoff, the_ceiling_doubles)
{
    static const uint32_t ceiling[] = {100, 200, 400, 800, 1600, 3200, 5000, 5000};
    for (unsigned i = 0; i < 8; i++) {
        uint32_t top = backoff_delay_ms(b, i + 1, 0.999999);
        cr_assert(top <= ceiling[i] && top >= ceiling[i] - 2, "attempt %u: %u", i + 1, top);
        cr_assert_eq(backoff_delay_ms(b, i + 1, 0), 50);
    }
}

Test(backoff, stays_inside_for_any_attempt)
{
    static const unsigned attempts[] = {0, 1, 31, 32, 33, 64, 1000, UINT_MAX};
    for (unsigned i = 0; i < sizeof(attempts) / sizeof(attempts[0]); i++) {
        for (double r = 0; r < 1; r += 0.1) {
            uint32_t d = backoff_delay_ms(b, attempts[i], r);
            cr_assert(d >= b.base_ms / 2 && d <= b.max_ms);
        }
    }
}

Test(backoff, grows_with_the_random_number)
{
    cr_assert_lt(backoff_delay_ms(b, 5, 0.1), backoff_delay_ms(b, 5, 0.9));
}

Test(backoff, a_maximum_below_the_base_wins)
{
    struct backoff small = {.base_ms = 1000, .max_ms = 10};
    cr_assert_leq(backoff_delay_ms(small, 3, 0.5), 10);
}
