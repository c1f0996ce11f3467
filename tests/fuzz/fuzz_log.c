/* A line of somebody's log. */
#include "fuzz/fuzz.h"

#include <string.h>

#include "model/log_facts.h"
#include "probe/log_line.h"

FUZZ(log)
{
    struct log_line line;

    if (!log_line_read((const char *)bytes, n, &line))
        return 0;
    INSIST(memchr(line.text, '\0', sizeof(line.text)));
    for (const char *p = line.text; *p; p++)
        INSIST((unsigned char)*p >= 0x20 && *p != 0x7f);
    INSIST(log_signal_of(line.text) <= LOG_SIGNALS);
    return 0;
}
