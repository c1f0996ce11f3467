/* line.h — the way to the terminal: never blocks, holds one frame at most.
 *
 * A frame is drawn only while the line is free: everything before it was taken by the kernel, and,
 * where the terminal answers status requests (DSR), shown by the terminal. So a slow or stopped
 * line drops frames and never queues them. UI thread only. */
#ifndef UI_LINE_H
#define UI_LINE_H

#include "core/base.h"

struct line;

/* tty_fd stays the caller's; the line opens the terminal a second time, because O_NONBLOCK on
 * tty_fd would be the shell's too. Caller frees with line_close. */
struct line *line_open(int tty_fd);
void line_close(struct line *line);

/* For poll: where to wait for room, and whether to. */
int line_fd(const struct line *line);
bool line_has_rest(const struct line *line);

bool line_is_free(const struct line *line, int64_t mono_ms);
/* How many bytes the next frame should have so that the line carries them in half a second, by how
 * long the terminal took to answer for the last ones; SIZE_MAX on a line that is fast or unknown.
 */
size_t line_budget_bytes(const struct line *line);
/* Where the bytes of a new frame go; call while the line is free, then line_send. */
void line_add(struct line *line, const void *bytes, size_t n);
/* Add a status request by itself: before the first frame, so that a slow line is known as one. */
void line_ask(struct line *line, int64_t mono_ms);
/* Send what was added, as far as the line takes it. False when the terminal is gone. */
bool line_send(struct line *line, int64_t mono_ms);
/* Forget what is not sent and what was asked: the terminal is somebody else's now. */
void line_drop(struct line *line);
/* The terminal answered: it has shown everything up to the last request. */
void line_answered(struct line *line, int64_t mono_ms);
/* When line_is_free may become true by itself; INT64_MAX when only an event can change it. */
int64_t line_free_at_ms(const struct line *line);

/* Before leaving: wait, briefly, for an answer that is still to come, so that the shell does not
 * read it as typing. The caller reads the terminal meanwhile. */
bool line_expects_answer(const struct line *line);

#endif
