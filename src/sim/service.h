/* service.h — the pretend service as a whole: one world, what it was made from, and who watches. */
#ifndef SIM_SERVICE_H
#define SIM_SERVICE_H

#include <pthread.h>

#include "sim/exchange.h"
#include "sim/limits.h"
#include "sim/scenario.h"
#include "sim/stream.h"
#include "sim/world.h"

struct customer;
struct handout;
struct web;
struct ledger;

struct service {
    pthread_mutex_t lock; /* guards everything below but the web's own state */
    struct world *world;
    struct scenario *scenario;
    size_t next_step; /* of the scenario's timeline */
    const char *const *scenario_folders;
    const char *program; /* see handout.h */
    uint64_t seed;
    struct web *web;
    struct customer *customer;
    struct handout *handout;
    struct streams streams;
    struct ledger *ledger;
    struct limits limits;
    struct array answers; /* struct canned, prepared by POST /sim/fault */
};

/* Load and make the world of that scenario in place of the present one, with its network, and write
 * the configuration again when there is somebody to listen. False with err: nothing changed, unless
 * a port or a file failed. Lock held (or nobody else there yet). */
bool service_set_scenario(struct service *service, const char *name, struct err *err);
/* Write the configuration that goes with all this. */
bool service_hand_out(struct service *service, struct err *err);
/* Switch a fault of the service or of the network; false when none has that name. Lock held. */
bool service_fault(struct service *service, const char *name, bool on);
/* What is due. Lock held. */
void service_tick(struct service *service);

/* For web.c; context is the service. Lock held. */
void service_serve(void *context, struct exchange *x);
size_t service_read(void *context, struct exchange *x, char *out, size_t n);
void service_done(void *context, struct exchange *x);

#endif
