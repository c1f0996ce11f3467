/* prompt.h — one line of typing: for the filter and the command line, with history. UI thread only.
 */
#ifndef UI_PROMPT_H
#define UI_PROMPT_H

#include "ui/canvas.h"

enum prompt_kind { PROMPT_none, PROMPT_filter, PROMPT_command };

enum prompt_result { PROMPT_IGNORED, PROMPT_EDITED, PROMPT_DONE, PROMPT_CANCELLED };

enum { PROMPT_BYTES = 128, PROMPT_HISTORY = 20 };

struct prompt {
    enum prompt_kind kind;
    char text[PROMPT_BYTES];
    size_t n, cursor;          /* bytes; the cursor is on a character's first byte */
    char before[PROMPT_BYTES]; /* what to return to when it is cancelled */
    char history[PROMPT_HISTORY][PROMPT_BYTES];
    size_t n_history, recalled; /* recalled: how far back, 0 is the line being typed */
    char ghost[PROMPT_BYTES];   /* what Tab would add, dimmed; set by the caller */
};

void prompt_open(struct prompt *prompt, enum prompt_kind kind, const char *text);
enum prompt_result prompt_key(struct prompt *prompt, int key);
/* Replace what is typed, cursor at the end. */
void prompt_set(struct prompt *prompt, const char *text);
/* Close it, keeping a command in the history. */
void prompt_close(struct prompt *prompt);
void prompt_draw(const struct prompt *prompt, struct canvas *canvas, struct rect r);

#endif
