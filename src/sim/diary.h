/* diary.h — a log file of the pretend world, in the console format of cloudflared or as JSON lines
 * (facts/connectivity.md B3, C5); begun again when it has grown, as a log that is rotated in place.
 */
#ifndef SIM_DIARY_H
#define SIM_DIARY_H

#include "core/err.h"

struct diary;

enum diary_form { DIARY_console, DIARY_json };

/* An empty file. Caller frees with diary_close, which removes it. NULL with err. */
struct diary *diary_open(const char *path, enum diary_form form, struct err *err);
void diary_close(struct diary *diary); /* NULL is allowed */

const char *diary_path(const struct diary *diary);

struct diary_field {
    const char *key, *value;
};

/* One line. level: "INF", "WRN", "ERR". fields end with a NULL key; NULL: none. Any thread; NULL
 * for diary is allowed. */
void diary_write(struct diary *diary, int64_t wall_ms, const char *level, const char *message,
                 const struct diary_field *fields);

#endif
