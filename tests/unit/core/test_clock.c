#include <criterion/criterion.h>
#include "core/clock.h"

static void stamp_is(uint64_t us, const char *want)
{
    char out[CLOCK_RFC3339_BYTES];
    cr_assert_str_eq(clock_rfc3339(us, out), want);
}

Test(clock, stamps)
{
    stamp_is(0, "1970-01-01T00:00:00.000Z");
    stamp_is(1769860800123456, "2026-01-31T12:00:00.123Z");
    stamp_is(951782399999999, "2000-02-28T23:59:59.999Z");
    stamp_is(951868799000000, "2000-02-29T23:59:59.000Z");
    stamp_is(UINT64_MAX, "9999-12-31T23:59:59.999Z");
}

Test(clock, monotonic_never_goes_back)
{
    uint64_t last = clock_mono_us();
    for (int i = 0; i < 1000; i++) {
        uint64_t now = clock_mono_us();
        cr_assert_geq(now, last);
        last = now;
    }
    cr_assert_geq(clock_mono_ms(), last / 1000);
}

Test(clock, wall_is_after_this_was_written)
{
    cr_assert_gt(clock_wall_us(), 1750000000000000u);
    cr_assert_geq(clock_wall_ms(), 1750000000000u);
}
