/* term.h — the terminal: a canvas goes out, keys come in, and it is always given back.
 *
 * The only file of this room that includes curses is its .c. UI thread only. */
#ifndef UI_TERM_H
#define UI_TERM_H

#include "core/err.h"
#include "core/style.h"

struct canvas;
struct terminal;

struct term_options {
    bool is_ascii, is_monochrome;
};

/* Take the terminal over. Fails without one; an unknown TERM falls back, see term_notice.
 * Caller frees with term_close. */
struct terminal *term_open(const struct term_options *options, struct err *err);
/* Give the terminal back, then free. */
void term_close(struct terminal *term);

/* What the operator should know about this terminal, one line; "" when all is well. */
const char *term_notice(const struct terminal *term);
/* Lines and glyphs must be ASCII: asked for, or the locale is not UTF-8. */
bool term_is_ascii(const struct terminal *term);

/* Ask the terminal for its size; returns true when it changed. At least 1 by 1. */
bool term_resize(struct terminal *term);
void term_size(const struct terminal *term, int *w, int *h);

/* Send what differs from the last canvas. False when the line is not free and nothing was sent, or
 * it is slow and only the most important rows were: draw again when it is free (term_frees_at_ms,
 * or the descriptor becomes writable). */
bool term_draw(struct terminal *term, const struct canvas *canvas, const struct theme *theme);
/* Forget what is on the screen, so that the next frame is sent whole. */
void term_forget(struct terminal *term);
/* Send bytes that draw nothing, such as OSC 52. */
void term_send(struct terminal *term, const char *bytes, size_t n);

/* The next key that was pressed (ui/keys.h), or KEY_NONE when there is none yet. */
int term_key(struct terminal *term);

/* For poll. */
int term_input_fd(const struct terminal *term);
int term_output_fd(const struct terminal *term);
bool term_has_rest(const struct terminal *term); /* wants to write */
int64_t term_frees_at_ms(const struct terminal *term);
/* The output is writable again. False when the terminal is gone. */
bool term_pump(struct terminal *term);

/* Give the terminal back for a while (^Z), and take it again. */
void term_leave(struct terminal *term);
void term_enter(struct terminal *term);

#endif
