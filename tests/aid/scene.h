/* scene.h — what a golden screen shows: a world, what it means, and a frame to draw it with. */
#ifndef AID_SCENE_H
#define AID_SCENE_H

#include "aid/world.h"
#include "ui/pane.h"

struct scene {
    struct world *world; /* freed by scene_close */
    struct frame frame;
};

/* Takes ownership of the world. */
void scene_open(struct scene *scene, struct world *world);
void scene_close(struct scene *scene);

/* A fleet with one of everything: fine, busy, waiting, wrong, unknown. */
struct world *scene_full(void);
/* Its sources failed from the start, some are off. */
struct world *scene_refused(void);
/* A session for which its pool, whose key is there, lists no work item. */
struct world *scene_orphan(void);
/* 1,000 pools and 10,000 jobs. */
struct world *scene_large(void);

#endif
