/* value.h — one option's value: from what was written to its target, and back for showing. */
#ifndef CONFIG_VALUE_H
#define CONFIG_VALUE_H

#include "core/err.h"
#include "core/option.h"

struct arena;
struct text;

/* Where relative things start. */
struct value_context {
    struct arena *arena;
    const char *folder; /* of the file, for OPTION_FILE; "" leaves a relative path alone */
    const char *home;   /* for "~/"; "" when unknown */
};

/* Put it into target. ERR_CONFIG says what was expected and what was found, but never shows what
 * looks like a secret. Not for OPTION_WORDS. */
bool value_read(const struct option *option, const char *written, void *target,
                const struct value_context *context, struct err *err) MUST_CHECK;

/* What holds while nothing sets it: the fallback, or nothing. */
void value_reset(const struct option *option, void *target, const struct value_context *context);

bool value_is_set(const struct option *option, const void *target);

/* As the operator would write it, with its unit; a credential only as "set (file PATH)". */
void value_show(const struct option *option, const void *target, struct text *out);

/* What the option takes: "a whole number from 1 to 3600 (s)". */
void value_expected(const struct option *option, struct text *out);

/* Keys and tokens, by their looks. */
bool value_is_secret(const char *written);

/* Can this be the name of an environment variable? */
bool value_is_variable(const char *written);

#endif
