/* field.h — one line of text that is being typed: cursor, cutting, drawing. UI thread only. */
#ifndef UI_FIELD_H
#define UI_FIELD_H

#include "ui/canvas.h"

struct field {
    char *text; /* borrowed; UTF-8, NUL-terminated */
    size_t size;
    size_t n, cursor; /* bytes; the cursor is on a character's first byte */
};

/* Replace what is typed, made safe; cursor at the end. */
void field_set(struct field *field, const char *text);
/* A key that edits; false: the text is as it was, though the cursor may have moved. */
bool field_key(struct field *field, int key);
/* The end that is typed stays in sight; the cursor is shown while it is focused. */
void field_draw(const struct field *field, struct canvas *canvas, struct rect r, bool is_focused);

#endif
