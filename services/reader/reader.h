/* The process that foreign documents are read in, so that whatever they do to a parser ends here.
 *
 * Reads one document from standard input and writes one line of JSON:
 *   {"verdict": "read", "document": {JSON Resume}}                       exit code 0
 *   {"verdict": SLUG, "code": SLUG of the error, "detail": SENTENCE, "pointer": "..."}   exit code 3
 * Whatever else happens (a signal, another exit code) the caller calls "reader_failed", "too_slow" (SIGXCPU) or
 * "too_much_memory". --format text|markdown says what the bytes are when they do not show it. */
#pragma once

#define READER_EXIT_REFUSED 3

int reader_main(int argc, char **argv);
