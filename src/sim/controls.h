/* controls.h — the control driver that the written configuration gives to a pool or a connector:
 * this very program, as `sim control` (operate.h). */
#ifndef SIM_CONTROLS_H
#define SIM_CONTROLS_H

#include "core/base.h"

struct buffer;

struct controls {
    const char *program; /* its path; NULL: nothing is written, as nobody could be called */
    const char *url;     /* of the simulator */
};

/* ", control: {…}", to stand in a flow map. kind: "pool", whose verbs can be for one worker, or
 * "connector". name: as the simulator finds it. */
void controls_write(const struct controls *controls, const char *kind, const char *name,
                    struct buffer *out);

#endif
