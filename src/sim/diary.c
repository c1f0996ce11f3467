#include "sim/diary.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/clock.h"
#include "core/die.h"
#include "core/json.h"
#include "core/text.h"
#include "sim/buffer.h"

enum { LARGEST_BYTES = 1 << 20 };

struct diary {
    char *path;
    enum diary_form form;
    pthread_mutex_t lock;
    size_t written; /* guarded by lock */
};

struct diary *
diary_open(const char *path, enum diary_form form, struct err *err)
{
    struct diary *diary;
    FILE *file = fopen(path, "we");

    if (!file || fclose(file) != 0) {
        err_set(err, ERR_IO, "%s: %s", path, strerror(errno));
        return NULL;
    }
    diary = zeroed(sizeof(*diary));
    if (pthread_mutex_init(&diary->lock, NULL) != 0)
        die("out of memory");
    diary->path = copy_string(path);
    diary->form = form;
    return diary;
}

void
diary_close(struct diary *diary)
{
    if (!diary)
        return;
    unlink(diary->path);
    pthread_mutex_destroy(&diary->lock);
    free(diary->path);
    free(diary);
}

const char *
diary_path(const struct diary *diary)
{
    return diary->path;
}

static const char *
level_word(const char *level)
{
    return strcmp(level, "ERR") == 0 ? "error" : strcmp(level, "WRN") == 0 ? "warn" : "info";
}

static void
add_json(struct buffer *out, const char *time, const char *level, const char *message,
         const struct diary_field *fields)
{
    struct json *line = json_new_object();
    char *text;

    json_add_string(line, "level", level_word(level));
    for (; fields && fields->key; fields++)
        json_add_string(line, fields->key, fields->value);
    json_add_string(line, "time", time);
    json_add_string(line, "message", message);
    text = json_print(line, false);
    buffer_addf(out, "%s\n", text);
    free(text);
    json_free(line);
}

static void
add_console(struct buffer *out, const char *time, const char *level, const char *message,
            const struct diary_field *fields)
{
    buffer_addf(out, "%s %s %s", time, level, message);
    for (; fields && fields->key; fields++) {
        const char *quote = strpbrk(fields->value, " =") ? "\"" : "";

        buffer_addf(out, " %s=%s%s%s", fields->key, quote, fields->value, quote);
    }
    buffer_add(out, "\n");
}

void
diary_write(struct diary *diary, int64_t wall_ms, const char *level, const char *message,
            const struct diary_field *fields)
{
    struct buffer line = {0};
    FILE *file;
    TEXT(time, 40);

    if (!diary)
        return;
    rfc3339_add(&time, wall_ms);
    if (diary->form == DIARY_json)
        add_json(&line, time.bytes, level, message, fields);
    else
        add_console(&line, time.bytes, level, message, fields);
    pthread_mutex_lock(&diary->lock);
    file = fopen(diary->path, diary->written > LARGEST_BYTES ? "we" : "ae");
    if (diary->written > LARGEST_BYTES)
        diary->written = 0;
    if (file) { /* a full disk costs the pretend world its log, and nothing else */
        diary->written += fwrite(line.bytes, 1, line.n, file);
        fclose(file);
    }
    pthread_mutex_unlock(&diary->lock);
    buffer_free(&line);
}
