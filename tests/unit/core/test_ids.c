#include <criterion/criterion.h>
#include "core/clock.h"
#include "core/ids.h"

Test(ids, uuids_are_version_7_and_carry_the_time)
{
    uint64_t before = clock_wall_ms();
    struct uuid u = ids_uuid();
    uint64_t after = clock_wall_ms(), ms = 0;
    for (int i = 0; i < 6; i++)
        ms = ms << 8 | u.b[i];
    cr_assert(ms >= before && ms <= after);
    cr_assert_eq(u.b[6] >> 4, 7);
    cr_assert_eq(u.b[8] >> 6, 2);
}

Test(ids, uuids_differ)
{
    struct uuid made[200];
    for (int i = 0; i < 200; i++) {
        made[i] = ids_uuid();
        for (int j = 0; j < i; j++)
            cr_assert(!uuid_eq(&made[i], &made[j]));
    }
}

Test(ids, random01_stays_inside_and_spreads)
{
    int low = 0;
    for (int i = 0; i < 2000; i++) {
        double r = ids_random01();
        cr_assert(r >= 0 && r < 1);
        low += r < 0.5;
    }
    cr_assert(low > 700 && low < 1300); /* 13 standard deviations */
}

Test(ids, random_fills_the_whole_buffer)
{
    unsigned char seen[32] = {0};
    for (int round = 0; round < 8; round++) {
        unsigned char now[32] = {0};
        ids_random(now, sizeof(now));
        for (size_t i = 0; i < sizeof(now); i++)
            seen[i] |= now[i];
    }
    for (size_t i = 0; i < sizeof(seen); i++)
        cr_assert_neq(seen[i], 0);
}
