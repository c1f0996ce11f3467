/* handout.h — what a console needs to look at this world: key files and a ready configuration, in a
 * private folder that disappears with the simulator. */
#ifndef SIM_HANDOUT_H
#define SIM_HANDOUT_H

#include "core/err.h"

struct customer;
struct handout;
struct scenario;
struct world;

/* Make the folder (mode 0700) under $TMPDIR or /tmp. Caller removes it with handout_close. */
struct handout *handout_open(struct err *err);
void handout_close(struct handout *handout); /* NULL is allowed */

const char *handout_folder(const struct handout *handout);
const char *handout_config(const struct handout *handout);

/* What the configuration speaks of. */
struct handout_world {
    const struct world *world;
    const struct scenario *scenario;
    const struct customer *customer;
    const char *api_url;
    const char *program; /* whom control drivers call; NULL: there are none */
};

/* Write, or write again, all files (mode 0600). */
bool handout_write(struct handout *handout, const struct handout_world *of, struct err *err);

#endif
