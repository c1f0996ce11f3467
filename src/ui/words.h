/* words.h — how panes write numbers, ages and verdicts, so that all of them write them alike. UI
 * thread only. */
#ifndef UI_WORDS_H
#define UI_WORDS_H

#include "model/looks.h"
#include "ui/list.h"

/* "—", in ASCII "-": never 0 for what is not known. */
void unknown_add(struct text *out, const struct frame *frame);
bool is_unknown_text(const char *s);

/* A number in its unit, or unknown. */
void unit_add(struct text *out, const struct frame *frame, enum unit unit, int64_t value);

/* now - at in milliseconds; LIST_UNKNOWN when at is 0. Never negative. */
int64_t age_ms(const struct frame *frame, int64_t at_ms);
/* "4m10s", or unknown. */
void age_add(struct text *out, const struct frame *frame, int64_t at_ms);
/* "13:20:06 (42m10s ago)", or "never". */
void moment_add(struct text *out, const struct frame *frame, int64_t at_ms);
/* -1 becomes LIST_UNKNOWN. */
int64_t known(int64_t n);

/* "a · b" or "a - b" between two facts of one line. */
const char *dot(const struct frame *frame);
const char *arrow(const struct frame *frame);

/* What kept a source from answering, in two words: "rate limited". */
const char *err_word(enum err_code code);

#endif
