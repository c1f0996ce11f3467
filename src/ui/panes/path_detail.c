/* path_detail.c — the way of a request through a tunnel, hop by hop, with what is known of each. */
#include <string.h>

#include "core/text.h"
#include "ui/panes/rows.h"

/* Which checks of the layers speak of which hop, in the order of a request. */
static const struct hop {
    const char *name;
    const char *checks[8];
} hops[] = {
    {"service", {"L1-4", "L2-1", "L2-5"}},
    {"edge", {"L1-2", "L1-3", "L1-0"}},
    {"connector", {"L1-1"}},
    {"proxy", {"L2-2", "L2-3", "L2-4", "L2-6", "L2-7", "L1-6", "L1-8"}},
    {"upstream", {"L3-1", "L3-2", "L3-3", "L3-4", "L3-5", "L1-7"}},
};

static const struct layer_check *
find_check(const struct frame *frame, const char *tunnel_id, const char *id)
{
    const struct assessment *assessment = frame->assessment;

    for (size_t i = 0; i < assessment->n_layers; i++) {
        const struct layer *layer = &assessment->layers[i];

        for (size_t k = 0; k < layer->n_checks && strcmp(layer->tunnel_id, tunnel_id) == 0; k++)
            if (strcmp(layer->checks[k].id, id) == 0)
                return &layer->checks[k];
    }
    return NULL;
}

/* What speaks loudest of a hop: a fault before an accepted risk, before what was seen to be good;
 * what nobody can see says nothing when something was seen. */
static int
loudness(enum layer_verdict verdict)
{
    static const int loud[] = {
        [LAYER_failed] = 4,   [LAYER_warning] = 3,        [LAYER_accepted_risk] = 2,
        [LAYER_verified] = 1, [LAYER_not_observable] = 0,
    };

    return loud[verdict];
}

static const struct layer_check *
loudest(const struct frame *frame, const char *tunnel_id, const struct hop *hop)
{
    const struct layer_check *found = NULL;

    for (size_t i = 0; i < COUNT_OF(hop->checks) && hop->checks[i]; i++) {
        const struct layer_check *check = find_check(frame, tunnel_id, hop->checks[i]);

        if (check && (!found || loudness(check->verdict) > loudness(found->verdict)))
            found = check;
    }
    return found;
}

void
page_path_of(struct page *page, const char *tunnel_id)
{
    for (size_t i = 0; i < COUNT_OF(hops); i++) {
        const struct layer_check *check = loudest(page->frame, tunnel_id, &hops[i]);
        TEXT(line, 600);

        if (!check)
            continue;
        text_addf(&line, "%-9s  %s", hops[i].name, check->evidence);
        page_sentence(page, layer_role(check->verdict),
                      check->verdict == LAYER_not_observable ? ROLE_dim : ROLE_text, line.bytes);
    }
}
