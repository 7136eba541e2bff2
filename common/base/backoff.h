/* Exponential backoff with full jitter (Marc Brooker, "Exponential Backoff And Jitter", 2015). Pure: the random number
 * is passed in. */
#pragma once

#include <stdint.h>

struct backoff {
    uint32_t base_ms;
    uint32_t max_ms;
};

/* attempt counts from 1; random01 in [0,1). Result in [base_ms/2, max_ms]. */
uint32_t backoff_delay_ms(struct backoff b, unsigned attempt, double random01);
