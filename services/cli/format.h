/* Numbers and times for people. Pure. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#define FORMAT_BYTES 32

/* "950 ms", "12 s", "3m 20s", "2h 05m", "4d 3h"; returns out. */
const char *format_duration(uint64_t ms, char out[FORMAT_BYTES]);
/* Seconds with one decimal below a minute ("4.2"), else as above. */
const char *format_seconds(double s, char out[FORMAT_BYTES]);
/* Micro-dollars: "$0", "$0.0012", "$1.37". */
const char *format_cost(int64_t microusd, char out[FORMAT_BYTES]);
/* 12345 -> "12,345". */
const char *format_count(int64_t n, char out[FORMAT_BYTES]);
/* Seconds since 1970 of "2026-01-31T12:00:00.123Z" (or with +00:00), -1 when it is no such time. */
double format_time_parse(const char *text, size_t n);
