#include "ui/marks.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/die.h"

static size_t
find(const struct marks *marks, const char *id)
{
    size_t i = 0;

    while (i < marks->n && strcmp(marks->ids[i], id) != 0)
        i++;
    return i;
}

bool
marks_has(const struct marks *marks, const char *id)
{
    return find(marks, id) < marks->n;
}

void
marks_remove(struct marks *marks, size_t i)
{
    memmove(marks->ids[i], marks->ids[i + 1], (marks->n - 1 - i) * sizeof(*marks->ids));
    marks->n--;
}

bool
marks_toggle(struct marks *marks, const char *id)
{
    size_t at = find(marks, id);

    if (at < marks->n) {
        marks_remove(marks, at);
        return true;
    }
    if (marks->n == MARKS_MOST)
        return false;
    if (!marks->ids) {
        marks->ids = calloc(MARKS_MOST, sizeof(*marks->ids));
        if (!marks->ids)
            die("out of memory");
    }
    snprintf(marks->ids[marks->n++], MARK_ID_BYTES, "%s", id);
    return true;
}

void
marks_clear(struct marks *marks)
{
    free(marks->ids);
    *marks = (struct marks){0};
}
