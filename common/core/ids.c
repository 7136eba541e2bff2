/* libsodium's generator reads the kernel's; it needs no set-up. */
#include "core/ids.h"

#include <sodium.h>
#include "core/clock.h"

void ids_random(void *out, size_t n)
{
    randombytes_buf(out, n);
}

double ids_random01(void)
{
    uint64_t bits;
    randombytes_buf(&bits, sizeof(bits));
    return (double)(bits >> 11) * 0x1.0p-53; /* 53 bits: what a double holds exactly below 1 */
}

struct uuid ids_uuid(void)
{
    uint8_t random[10];
    randombytes_buf(random, sizeof(random));
    return uuid_v7(clock_wall_ms(), random);
}
