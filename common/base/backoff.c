/* delay = base/2 + random * (min(max, base * 2^(attempt-1)) - base/2) */
#include "base/backoff.h"

uint32_t backoff_delay_ms(struct backoff b, unsigned attempt, double random01)
{
    uint64_t ceiling = b.base_ms;
    for (unsigned i = 1; i < attempt && ceiling < b.max_ms; i++)
        ceiling *= 2;
    if (ceiling > b.max_ms)
        ceiling = b.max_ms;
    double floor_ms = b.base_ms / 2.0;
    if (floor_ms > (double)ceiling)
        floor_ms = (double)ceiling;
    return (uint32_t)(floor_ms + random01 * ((double)ceiling - floor_ms));
}
