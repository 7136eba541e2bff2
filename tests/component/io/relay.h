/* A TCP relay on 127.0.0.1 between the program under test and a real server, run by a thread of its own, so that a test
 * can take the server away (as a kill -9 would), bring it back, or make it silent, without touching a server that
 * others may use. */
#pragma once

struct relay;

struct relay *relay_new(const char *host, int port); /* listens at once; aborts when it cannot */
void relay_free(struct relay *r);
int relay_port(const struct relay *r);
void relay_down(struct relay *r);   /* every connection is reset, new ones are refused; returns when done */
void relay_up(struct relay *r);     /* listens again on the same port */
void relay_freeze(struct relay *r); /* accepts and keeps connections but forwards nothing */
void relay_thaw(struct relay *r);
int relay_accepted(struct relay *r); /* connections so far */
