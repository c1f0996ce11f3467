#include "core/err.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "core/text.h"

bool
err_set(struct err *err, enum err_code code, const char *format, ...)
{
    char raw[ERR_MESSAGE_BYTES];
    va_list args;

    if (!err)
        return false;
    va_start(args, format);
    vsnprintf(raw, sizeof(raw), format, args);
    va_end(args);
    err->code = code;
    text_clean(err->message, sizeof(err->message), raw, strlen(raw));
    return false;
}

bool
err_context(struct err *err, const char *format, ...)
{
    char where[ERR_MESSAGE_BYTES];
    char whole[2 * ERR_MESSAGE_BYTES + 2];
    va_list args;

    if (!err)
        return false;
    va_start(args, format);
    vsnprintf(where, sizeof(where), format, args);
    va_end(args);
    snprintf(whole, sizeof(whole), "%s: %s", where, err->message);
    text_clean(err->message, sizeof(err->message), whole, strlen(whole));
    return false;
}
