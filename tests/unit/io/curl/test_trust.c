/* A file of authorities beside a folder of them. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include "io/curl/trust.h"

#define CERT(text) "-----BEGIN CERTIFICATE-----\n" text "\n-----END CERTIFICATE-----\n"

static char folder[64], file[96];

static void write_at(const char *name, const char *text)
{
    char path[160];
    snprintf(path, sizeof(path), "%s/%s", folder, name);
    FILE *f = fopen(path, "w");
    cr_assert(f);
    fputs(text, f);
    fclose(f);
}

static void remove_at(const char *name)
{
    char path[160];
    snprintf(path, sizeof(path), "%s/%s", folder, name);
    unlink(path);
}

static void open_folder(void)
{
    snprintf(folder, sizeof(folder), "/tmp/jobmill-trust-XXXXXX");
    cr_assert(mkdtemp(folder));
    snprintf(file, sizeof(file), "%s/all.crt", folder);
    write_at("all.crt", CERT("AAAA\nBBBB") "# a name\n" CERT("CCCC"));
    write_at("0123abcd.0", CERT("AAAA\nBBBB"));
    write_at("0123abcd.1", "words before\n" CERT("CCCC"));
}

static void close_folder(void)
{
    static const char *const names[] = {"all.crt", "0123abcd.0", "0123abcd.1", "other.pem"};
    for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
        remove_at(names[i]);
    rmdir(folder);
}

TestSuite(trust, .init = open_folder, .fini = close_folder, .timeout = 20);

Test(trust, a_folder_with_everything_covers)
{
    cr_expect(trust_covers(folder, file));
}

Test(trust, a_missing_certificate_does_not)
{
    remove_at("0123abcd.1");
    cr_expect_not(trust_covers(folder, file));
    write_at("other.pem", CERT("CCCC")); /* OpenSSL would not find it by this name */
    cr_expect_not(trust_covers(folder, file));
    write_at("0123abcd.1", CERT("DDDD"));
    cr_expect_not(trust_covers(folder, file));
}

Test(trust, nothing_covers_nothing)
{
    write_at("all.crt", "no certificate\n");
    cr_expect_not(trust_covers(folder, file));
    write_at("all.crt", "-----BEGIN CERTIFICATE-----\nAAAA");
    cr_expect_not(trust_covers(folder, file));
    cr_expect_not(trust_covers(folder, "/nonexistent/all.crt"));
    write_at("all.crt", CERT("AAAA\nBBBB"));
    cr_expect_not(trust_covers("/nonexistent", file));
}
