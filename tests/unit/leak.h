/* LEAK_NONE(): the last statement of a test; fails when memory was lost so far. Does nothing without AddressSanitizer.
 * Needed because a test's process leaves without the exit handlers that would report leaks. */
#pragma once

#include <criterion/criterion.h>

#if defined(__has_feature)
#if __has_feature(address_sanitizer) && !defined(__SANITIZE_ADDRESS__)
#define __SANITIZE_ADDRESS__ 1
#endif
#endif

#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/lsan_interface.h>
#define LEAK_NONE() cr_assert_eq(__lsan_do_recoverable_leak_check(), 0, "memory was lost")
#else
#define LEAK_NONE() (void)0
#endif
