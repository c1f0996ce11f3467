/* log.h — one line per event, in one write(), so that threads need no lock; never a secret. */
#ifndef CORE_LOG_H
#define CORE_LOG_H

#include "core/base.h"

struct err;

/* Start appending to path (mode 0600). Before log_open, and after it failed, lines go nowhere. */
bool log_open(const char *path, struct err *err) MUST_CHECK;
void log_close(void);

/* "2026-11-23T09:07:33Z api: …". Any thread. Whatever looks like one of our tokens is masked. */
void log_line(const char *who, const char *format, ...) PRINTF_LIKE(2, 3);

/* Mask "sk-ant-…" in place: keeps the class ("sk-ant-api…"), stars the rest. For tests and reports.
 */
void log_mask(char *line);

#endif
