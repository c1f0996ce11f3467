/* watch.h — the simulator as a child, the API room watching it, and what the room publishes. */
#ifndef AID_WATCH_H
#define AID_WATCH_H

#include "api/api.h"
#include "config/config.h"
#include "model/store.h"

struct watch {
    struct demo *demo;
    struct arena *arena;
    struct config config;       /* the simulator's own */
    struct api_options options; /* from it; quick intervals. Change before watch_start */
    struct store *store;
    struct api *api;
    struct snapshot snapshot; /* the last one waited for */
};

/* Fork the simulator and wait until it listens; call while no thread runs. */
void watch_begin(struct watch *watch, const char *scenario);
/* Start the room; it must start. */
void watch_start(struct watch *watch);
/* Stop the room alone. */
void watch_stop(struct watch *watch);
/* Begin with an empty store again; the room must be stopped. */
void watch_forget(struct watch *watch);
void watch_end(struct watch *watch);
/* End the simulator alone: nobody answers any more. */
void watch_end_world(struct watch *watch);

/* Wait until a snapshot satisfies is_so; false when a minute has passed. */
typedef bool watch_is_so(const struct snapshot *snapshot, const void *context);
bool watch_until(struct watch *watch, watch_is_so *is_so, const void *context);
/* Wait until every source was tried since the start or the last refresh. */
bool watch_until_settled(struct watch *watch);

void watch_wish(struct watch *watch, enum wish_kind kind, const char *id);

/* The simulator's own calls. */
void watch_fault(struct watch *watch, const char *name, bool on);
void watch_post(struct watch *watch, const char *path, const char *body);
/* How often "GET /v1/environments" and the like was asked. */
int64_t watch_asked(struct watch *watch, const char *call);

#endif
