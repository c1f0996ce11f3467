/* view.h — from what was measured to what is shown: verdict, evidence, one next step. */
#ifndef PROBE_VIEW_H
#define PROBE_VIEW_H

#include "probe/proxied.h"
#include "probe/target.h"

struct arena;

struct view_facts {                 /* what is known beside the rows */
    const struct lookup *discovery; /* of the SRV record */
    struct proxied proxied;         /* looked for when the edge fails */
    bool has_proxy;                 /* the API's requests go through one */
    bool is_in_docker;              /* the first resolver is the one that Docker embeds */
};

/* One struct check per row, in the order of the targets; rows and strings owned by the arena.
 * Notes in the rows since when they fail. */
struct check *view_checks(struct target *targets, size_t n_targets, const struct view_facts *facts,
                          struct arena *arena, size_t *n_checks);

#endif
