/* why.h — what is wrong with a thing: verdict, evidence from all sources, what it breaks and what
 * not, next step. UI thread only. */
#ifndef UI_WHY_H
#define UI_WHY_H

#include "ui/pane.h"

/* The findings about a row (its id; a source's name), worst first, without the first `scroll`
 * lines; "" for the worst finding of all. Returns how many lines there are. */
int why_draw(struct canvas *canvas, struct rect r, const struct frame *frame,
             const char *subject_id, int scroll);

/* Every finding in one line or more, worst first; returns how many lines there are. */
int findings_draw(struct canvas *canvas, struct rect r, const struct frame *frame, int scroll);

/* Does why.def say what this rule breaks? */
bool why_knows(const char *rule);

#endif
