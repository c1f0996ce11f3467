/* killed.h — an op whose console is killed at each boundary between two of its steps, and what the
 * next console makes of it. */
#ifndef AID_KILLED_H
#define AID_KILLED_H

#include "aid/acting.h"

struct killed {
    struct acting *acting; /* that the functions are about */
    void (*begin)(void);   /* the world and the options; while no thread runs */
    void (*start)(void);   /* both rooms and what else the op looks at, in either console */
    void (*act)(void);     /* the op is planned and confirmed */
    /* In the next console, started: the op that was left as interrupted. */
    void (*check)(int point, const struct op *left);
    enum op_state ends; /* how it ends when nobody is killed */
};

/* Each point in a world of its own, `lanes` of them side by side. How many there were. */
int killed_at_each_point(const struct killed *killed, int lanes);

/* In a world that has begun: the console alone, killed there; false when it was over before. */
bool killed_at(const struct killed *killed, int point);

/* The same, at the first step in that phase. */
bool killed_in_phase(const struct killed *killed, const char *phase);

/* How often the journal has a step of that name, by all ops; *most of one target. */
size_t killed_steps(const struct acting *acting, const char *what, size_t *most);

#endif
