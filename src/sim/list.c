#include "sim/list.h"

#include <stdlib.h>
#include <string.h>

#include "core/die.h"

void
list_add(struct list *list, void *item)
{
    if (list->n == list->room) {
        size_t room = list->room ? list->room * 2 : 8;

        list->items = realloc(list->items, room * sizeof(*list->items));
        if (!list->items)
            die("out of memory");
        list->room = room;
    }
    list->items[list->n++] = item;
}

bool
list_remove(struct list *list, const void *item)
{
    for (size_t i = 0; i < list->n; i++)
        if (list->items[i] == item) {
            list_remove_at(list, i);
            return true;
        }
    return false;
}

void
list_remove_at(struct list *list, size_t i)
{
    list->n--;
    memmove(&list->items[i], &list->items[i + 1], (list->n - i) * sizeof(*list->items));
}

void
list_free(struct list *list)
{
    free(list->items);
    *list = (struct list){0};
}
