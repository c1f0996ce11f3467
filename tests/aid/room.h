/* room.h — a pretend ops room: takes the orders that come to a store and publishes the op that a
 * test wants to be seen. */
#ifndef AID_ROOM_H
#define AID_ROOM_H

#include "model/store.h"

/* What the room's one op does after it was confirmed. */
enum room_manner {
    ROOM_does_it,    /* runs, and is done */
    ROOM_fails,      /* runs, and gives up */
    ROOM_half,       /* is done, but one of its items failed */
    ROOM_never_ends, /* runs until it is cancelled */
    ROOM_is_deaf,    /* the same, and a cancel has to wait for what is on its way, for ever */
    ROOM_asks,       /* offers `offer`; done when that is ordered, cancelled when told so */
};

struct room_plan {
    enum room_manner manner;
    enum op_offer offer;
    int64_t grace_ms;    /* from the confirmation to the moment of the offer's force */
    const char *refusal; /* the plan is refused with this; NULL */
    bool is_unmoved;     /* a confirmation changes only what it says */
    bool is_stalled;     /* a confirmation is taken when the next order comes */
    bool is_lost;        /* a confirmation never comes to it */
    bool is_overtaken;   /* a confirmation without a second word asks for one: "last one" */
    bool is_silent;      /* no plan ever comes */
    bool is_read_only;   /* the control row says so */
    bool is_locked;      /* not armed: needed by keys only */
    unsigned choices, choices_offered;
    const char *must_type, *must_retype; /* NULL: "" */
    int signal;                          /* sent to this process when the op runs; 0: none */
    int second_signal;                   /* sent when a cancel came; 0: none */
    const char *interrupted; /* the id of an op that is there from the start, interrupted; NULL */
};

struct room;

/* Publishes the control row, then answers. The plan is borrowed until room_stop. */
struct room *room_start(struct store *store, const struct room_plan *plan);
void room_stop(struct room *room);

/* What was ordered, in order: "plan drain pool env_a; confirm eu-west/ because; "; borrowed until
 * room_stop. */
const char *room_heard(struct room *room);
/* How long after the confirmation the force order came; -1 when it did not. */
int64_t room_forced_after_ms(struct room *room);

#endif
