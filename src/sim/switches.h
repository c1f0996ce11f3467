/* switches.h — the open points of the service's behaviour, and the faults, as values. */
#ifndef SIM_SWITCHES_H
#define SIM_SWITCHES_H

#include "core/err.h"

struct switches {
#define SWITCH_BOOL(field, name, otherwise, meaning) int64_t field;
#define SWITCH_INT(field, name, otherwise, least, most, meaning) int64_t field;
#define SWITCH_CHOICE(field, name, choices, meaning) int64_t field;
#include "sim/switches.def"
#undef SWITCH_BOOL
#undef SWITCH_INT
#undef SWITCH_CHOICE
};

/* The choices that the code asks for, as their places in switches.def. */
enum { STOP_204, STOP_200 };
enum { GRACEFUL_STOPPED, GRACEFUL_STOPPING };
enum { MISS_NULL, MISS_204, MISS_TEXT };
enum { EXCESS_REFUSED, EXCESS_CLAMPED };
enum { WAITING_IDLE, WAITING_RUNNING };
enum { REQUEUE_UNSERVED, REQUEUE_NEVER, REQUEUE_SAME };
enum { VERSION_BOTH, VERSION_2026_10_21, VERSION_2023_06_01 };
enum { CONFLICT_ERROR, CONFLICT_INVALID };

struct switches switches_default(void);
/* Read one from its text ("true", "off", "300", "204"); false with err for an unknown name or
 * value. */
bool switches_set(struct switches *switches, const char *name, const char *text, struct err *err);

struct faults {
#define FAULT(field, name, meaning) bool field;
#include "sim/faults.def"
#undef FAULT
};

struct fault_row {
    const char *name, *meaning;
    size_t offset; /* in struct faults */
};

/* All of them; *n is set to how many. */
const struct fault_row *faults_rows(size_t *n);
/* The switch of that name; NULL when there is none. */
bool *faults_find(struct faults *faults, const char *name);

#endif
