/* control.h — what may be done here and now: locked or armed, and which objects have a driver. One
 * row, made by the ops room.
 *
 * permit_check is the one place where an action is refused; keys, the command line and the ops room
 * itself all ask it. */
#ifndef MODEL_CONTROL_H
#define MODEL_CONTROL_H

#include "core/err.h"
#include "model/op.h"

enum arm_mode { ARM_on_demand, ARM_always, ARM_never };

/* A pool or connector whose workers or process a control driver can reach. */
struct control_object {
    const char *kind;   /* "pool" "connector" */
    const char *id;     /* a pool's id, a connector's URL */
    const char *driver; /* its name: "systemd" */
    unsigned verbs;     /* bits 1u << DRIVER_x (core/driver.h) */
};

struct control {
    enum arm_mode arm;
    bool is_read_only, is_production;
    const char *context;
    int64_t armed_until_ms; /* wall; 0: locked; INT64_MAX: arm is always */
    const char *locked_why; /* "nobody typed for three minutes"; "" when it never was armed */
    const char *reason;     /* the ticket given for this session; "" */
    const char *journal;    /* why nothing can be recorded, and so nothing done; "" */
    const struct control_object *objects;
    size_t n_objects;
};

/* May this op be planned and confirmed now? False and err (ERR_FORBIDDEN) with the reason and the
 * way out: read-only, never armed, locked (headless orders need no arming), no journal. control
 * NULL: not known yet. */
bool permit_check(const struct control *control, enum op_kind kind, bool is_headless,
                  int64_t now_ms, struct err *err);

#endif
