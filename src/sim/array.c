#include "sim/array.h"

#include <stdlib.h>
#include <string.h>

#include "core/die.h"

void
array_add(struct array *list, void *item)
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
array_remove(struct array *list, const void *item)
{
    for (size_t i = 0; i < list->n; i++)
        if (list->items[i] == item) {
            array_remove_at(list, i);
            return true;
        }
    return false;
}

void
array_remove_at(struct array *list, size_t i)
{
    list->n--;
    memmove(&list->items[i], &list->items[i + 1], (list->n - i) * sizeof(*list->items));
}

void
array_free(struct array *list)
{
    free(list->items);
    *list = (struct array){0};
}
