/* simulator.h — a simulator on a thread of the test, and requests to it. */
#ifndef AID_SIMULATOR_H
#define AID_SIMULATOR_H

#include "aid/fetch.h"
#include "core/json.h"

struct simulator;

/* A scenario of scenarios/, or the path of a file. Caller ends it with simulator_stop, which also
 * proves that its folder is gone. */
struct simulator *simulator_start(const char *scenario);
void simulator_stop(struct simulator *sim);

/* What it announced, and what GET /sim/world says; borrowed. */
const struct json *simulator_ready(const struct simulator *sim);
const struct json *simulator_world(const struct simulator *sim);
const char *simulator_url(const struct simulator *sim);
/* The id and the environment key of the nth pool. */
const char *simulator_pool(const struct simulator *sim, size_t nth);
const char *simulator_pool_key(const struct simulator *sim, size_t nth);

/* A well-formed request: version and beta header as the path needs them, the credential as a
 * bearer. body NULL: none; method NULL: GET. */
struct simulator_ask {
    const char *method, *path, *credential, *body;
    const char *header; /* one more, or NULL */
    int64_t timeout_ms; /* 0: as fetch.h says */
};
struct fetched simulator_fetch(const struct simulator *sim, const struct simulator_ask *ask);
/* Its status alone. */
int simulator_status(const struct simulator *sim, const struct simulator_ask *ask);
/* Its body as JSON; caller frees with json_free. Fails the test unless the status is expected. */
struct json *simulator_json(const struct simulator *sim, const struct simulator_ask *ask,
                            int expected);
/* POST /sim/…, which must succeed; caller frees the answer. */
struct json *simulator_control(const struct simulator *sim, const char *path, const char *body);
void simulator_fault(const struct simulator *sim, const char *name, bool on);

#endif
