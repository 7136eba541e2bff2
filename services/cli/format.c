#include "cli/format.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

const char *format_duration(uint64_t ms, char out[FORMAT_BYTES])
{
    unsigned long long s = ms / 1000;
    if (ms < 1000)
        snprintf(out, FORMAT_BYTES, "%llu ms", (unsigned long long)ms);
    else if (s < 60)
        snprintf(out, FORMAT_BYTES, "%llu s", s);
    else if (s < 3600)
        snprintf(out, FORMAT_BYTES, "%llum %02llus", s / 60, s % 60);
    else if (s < 86400)
        snprintf(out, FORMAT_BYTES, "%lluh %02llum", s / 3600, s / 60 % 60);
    else
        snprintf(out, FORMAT_BYTES, "%llud %lluh", s / 86400, s / 3600 % 24);
    return out;
}

const char *format_seconds(double s, char out[FORMAT_BYTES])
{
    if (s < 0)
        s = 0;
    if (s >= 60)
        return format_duration((uint64_t)(s * 1000), out);
    snprintf(out, FORMAT_BYTES, s < 0.1 ? "%.2f" : "%.1f", s);
    return out;
}

const char *format_cost(int64_t microusd, char out[FORMAT_BYTES])
{
    if (microusd == 0)
        snprintf(out, FORMAT_BYTES, "$0");
    else
        snprintf(out, FORMAT_BYTES, microusd < 1000000 ? "$%.4f" : "$%.2f", (double)microusd / 1e6);
    return out;
}

const char *format_count(int64_t n, char out[FORMAT_BYTES])
{
    char digits[24];
    int len = snprintf(digits, sizeof(digits), "%lld", (long long)(n < 0 ? -n : n)), at = 0;
    if (n < 0)
        out[at++] = '-';
    for (int i = 0; i < len; i++) {
        if (i > 0 && (len - i) % 3 == 0)
            out[at++] = ',';
        out[at++] = digits[i];
    }
    out[at] = '\0';
    return out;
}

double format_time_parse(const char *text, size_t n)
{
    char copy[40];
    struct tm tm = {0};
    double fraction = 0, unit = 0.1;
    if (n < 20 || n >= sizeof(copy))
        return -1;
    memcpy(copy, text, n);
    copy[n] = '\0';
    const char *rest = strptime(copy, "%Y-%m-%dT%H:%M:%S", &tm);
    if (!rest)
        return -1;
    if (*rest == '.')
        for (rest++; *rest >= '0' && *rest <= '9'; rest++, unit /= 10)
            fraction += (*rest - '0') * unit;
    if (strcmp(rest, "Z") != 0 && strcmp(rest, "+00:00") != 0)
        return -1;
    return (double)timegm(&tm) + fraction;
}
