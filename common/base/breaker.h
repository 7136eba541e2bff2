/* Circuit breaker: whether something that keeps failing is tried at all. Pure: time is passed in (monotonic
 * milliseconds).
 *
 *   closed --failures in a row, or half of a window--> open --time is up--> half open --one call: ok--> closed
 *     ^                                                  ^                     |
 *     +---- breaker_ok                                   +------- failed ------+  (twice as long, up to the maximum)
 *
 * Michael Nygard, "Release It!", 2007. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct breaker_rule {
    int in_a_row;       /* failures without a success between them that open it */
    int window_min;     /* or: at least so many results in window_ms ... */
    uint32_t window_ms; /* ... of which half failed */
    uint32_t open_ms;   /* first time; doubles with every probe that fails */
    uint32_t open_max_ms;
};

/* Zero is a closed breaker. */
struct breaker {
    uint64_t open_until_ms; /* 0: closed */
    uint64_t window_at_ms, probe_at_ms;
    int row, good, bad;
    unsigned opened; /* times in a row without a success */
    bool probing;    /* half open: one call is out */
};

/* Whether a call may go out now. true when half open makes this call the probe: its result must be told. A probe that
 * tells nothing for open_max_ms is forgotten. */
bool breaker_allows(struct breaker *b, const struct breaker_rule *r, uint64_t now_ms);
void breaker_ok(struct breaker *b, const struct breaker_rule *r, uint64_t now_ms);
/* true: this failure opened it. */
bool breaker_bad(struct breaker *b, const struct breaker_rule *r, uint64_t now_ms);
/* The probe's call came to no result (it was never sent). */
void breaker_skip(struct breaker *b);
/* Opens it whatever came before, for at least for_ms (a key that is refused). */
void breaker_open(struct breaker *b, uint64_t now_ms, uint32_t for_ms);
/* Milliseconds until calls are tried again; 0: now. */
uint64_t breaker_wait_ms(const struct breaker *b, uint64_t now_ms);
