/* list.h — a growing array of pointers; what they point to belongs to somebody else. */
#ifndef SIM_LIST_H
#define SIM_LIST_H

#include "core/base.h"

struct list {
    void **items;
    size_t n, room;
};

void list_add(struct list *list, void *item);
/* Take the item out, keeping the order; false when it is not there. */
bool list_remove(struct list *list, const void *item);
void list_remove_at(struct list *list, size_t i);
/* Free the array, not the items. */
void list_free(struct list *list);

#endif
