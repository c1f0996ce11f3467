/* array.h — a growing array of pointers; what they point to belongs to somebody else. */
#ifndef SIM_ARRAY_H
#define SIM_ARRAY_H

#include "core/base.h"

struct array {
    void **items;
    size_t n, room;
};

void array_add(struct array *list, void *item);
/* Take the item out, keeping the order; false when it is not there. */
bool array_remove(struct array *list, const void *item);
void array_remove_at(struct array *list, size_t i);
/* Free the array, not the items. */
void array_free(struct array *list);

#endif
