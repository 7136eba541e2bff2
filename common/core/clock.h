/* Time. Monotonic for intervals, wall for stamps; the two never mix. */
#pragma once

#include <stdint.h>

uint64_t clock_mono_us(void);
uint64_t clock_wall_us(void); /* since 1970 UTC */
uint64_t clock_cpu_us(void);  /* CPU time of the calling thread */
static inline uint64_t clock_mono_ms(void)
{
    return clock_mono_us() / 1000;
}
static inline uint64_t clock_wall_ms(void)
{
    return clock_wall_us() / 1000;
}
#define CLOCK_RFC3339_BYTES 28
/* "2026-01-31T12:00:00.123Z"; out has CLOCK_RFC3339_BYTES; returns out. */
const char *clock_rfc3339(uint64_t wall_us, char out[CLOCK_RFC3339_BYTES]);
