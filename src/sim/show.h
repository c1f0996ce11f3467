/* show.h — things of the world as the service writes them; caller frees with json_free. */
#ifndef SIM_SHOW_H
#define SIM_SHOW_H

#include "sim/world.h"

struct json *show_environment(const struct world *world, const struct object *environment);
struct json *show_item(const struct world *world, const struct object *item);
struct json *show_session(const struct world *world, const struct object *session);
/* Its primary thread. */
struct json *show_thread(const struct world *world, const struct session *session);
struct json *show_event(const struct world *world, const struct object *event);
struct json *show_tunnel(const struct world *world, const struct object *tunnel);

#endif
