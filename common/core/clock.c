/* The two system clocks; the calendar by the C library. */
#include "core/clock.h"

#include <stdio.h>
#include <time.h>

static uint64_t clock_read_us(clockid_t which)
{
    struct timespec ts;
    clock_gettime(which, &ts);
    return (uint64_t)ts.tv_sec * 1000000 + (uint64_t)ts.tv_nsec / 1000;
}

uint64_t clock_mono_us(void)
{
    return clock_read_us(CLOCK_MONOTONIC);
}

uint64_t clock_wall_us(void)
{
    return clock_read_us(CLOCK_REALTIME);
}

uint64_t clock_cpu_us(void)
{
    return clock_read_us(CLOCK_THREAD_CPUTIME_ID);
}

const char *clock_rfc3339(uint64_t wall_us, char out[CLOCK_RFC3339_BYTES])
{
    time_t seconds = (time_t)(wall_us / 1000000);
    unsigned ms = (unsigned)(wall_us / 1000 % 1000);
    struct tm tm;
    if (!gmtime_r(&seconds, &tm) || tm.tm_year > 9999 - 1900) { /* the format has four digits for the year */
        snprintf(out, CLOCK_RFC3339_BYTES, "9999-12-31T23:59:59.999Z");
        return out;
    }
    size_t n = strftime(out, CLOCK_RFC3339_BYTES, "%Y-%m-%dT%H:%M:%S", &tm);
    snprintf(out + n, CLOCK_RFC3339_BYTES - n, ".%03uZ", ms);
    return out;
}
