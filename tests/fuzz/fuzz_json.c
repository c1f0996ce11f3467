/* Any JSON from outside: what was read can be written, and reads the same again. */
#include "fuzz/fuzz.h"

#include <string.h>

#include "core/err.h"
#include "core/json.h"

FUZZ(json)
{
    struct err err = {ERR_NONE, ""};
    struct json *json = json_parse((const char *)bytes, n, &err), *again;
    char *first, *second;

    if (!json) {
        INSIST(err.code != ERR_NONE && *err.message);
        return 0;
    }
    json_int(json, "id", -1);
    json_string(json_get(json, "error"), "type", "");
    for (const struct json *item = json_first(json); item; item = json_next(item))
        json_as_int(item, json_as_double(item, 0) > 0);
    first = json_print(json, false);
    again = json_parse(first, strlen(first), &err);
    INSIST(again != NULL);
    second = json_print(again, false);
    INSIST(strcmp(first, second) == 0);
    free(first);
    free(second);
    json_free(again);
    json_free(json);
    return 0;
}
