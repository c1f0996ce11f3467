/* renewal.h — getting and renewing the bearer of a credential: a program's output, a token exchange
 * (facts/management-api.md 1.4), or the refresh of a login. Never blocks. One thread. */
#ifndef API_RENEWAL_H
#define API_RENEWAL_H

#include "api/credentials.h"

struct http;
struct renewal;

enum {
    RENEWAL_ADVISED_S = 120,  /* before expiry: renew, and go on with the old one meanwhile */
    RENEWAL_MANDATORY_S = 30, /* before expiry: the old one must not be used any more */
    RENEWAL_AGAIN_MS = 5000,  /* after a failed try */
};

/* Watches a borrowed credential. Caller frees with renewal_free, before the credential. */
struct renewal *renewal_new(struct credential *credential);
void renewal_free(struct renewal *renewal); /* NULL is allowed; kills a running program */

/* Start, continue or finish what is due. True when the credential changed: it has a new bearer, or
 * a new refusal. Uses the request budget's owner's permission: may_send says whether a request may
 * be sent now, and *has_sent whether one was. */
bool renewal_step(struct renewal *renewal, struct http *http, bool may_send, bool *has_sent);

/* The bearer was answered 401. True when a new one can and will be tried, once; false when the
 * credential is spent, and the caller says why. */
bool renewal_after_refusal(struct renewal *renewal);

/* The bearer was accepted, so that a later refusal may renew it again. */
void renewal_accepted(struct renewal *renewal);
/* A program runs, or a request that will call back is on its way: do not free it now. */
bool renewal_is_busy(const struct renewal *renewal);

/* Readable when renewal_step has something to do; -1: none. */
int renewal_fd(const struct renewal *renewal);
/* Monotonic: when renewal_step has something to do at the latest; INT64_MAX: never. */
int64_t renewal_due_ms(const struct renewal *renewal);

/* Why the last attempt failed; ERR_NONE when it did not. */
const struct err *renewal_error(const struct renewal *renewal);

/* The body of a token exchange, without the assertion; caller frees with free(). */
char *renewal_exchange_body(const struct credential *credential);
/* Read the token endpoint's answer. Caller frees *bearer with secret_free. */
bool renewal_read_answer(const char *body, size_t n, struct secret **bearer, int64_t *lives_s,
                         struct err *err);

#endif
