#include "core/trust.h"

#include <glob.h>
#include <stddef.h>

#include "core/text.h"

bool
trust_is_hashed(const char *folder)
{
    glob_t found = {0};
    TEXT(pattern, 256);
    bool is_one;

    if (!folder)
        return false;
    text_addf(&pattern, "%s/????????.0", folder);
    is_one = !pattern.is_cut && glob(pattern.bytes, GLOB_NOSORT, NULL, &found) == 0;
    globfree(&found);
    return is_one;
}
