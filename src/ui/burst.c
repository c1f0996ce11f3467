#include "ui/burst.h"

static void
remember(struct burst *burst, int key, int64_t mono_ms)
{
    burst->last[burst->next].key = key;
    burst->last[burst->next].at_ms = mono_ms;
    burst->next = (burst->next + 1) % BURST_KEYS;
}

bool
burst_is_paste(struct burst *burst, const int *keys, size_t n, int64_t mono_ms)
{
    size_t near = n;
    bool is_one_key = true;

    for (size_t i = 1; i < n; i++)
        is_one_key = is_one_key && keys[i] == keys[0];
    for (size_t i = 0; i < BURST_KEYS; i++) {
        if (!burst->last[i].key || mono_ms - burst->last[i].at_ms >= BURST_MS)
            continue;
        near++;
        is_one_key = is_one_key && n > 0 && burst->last[i].key == keys[0];
    }
    for (size_t i = 0; i < n; i++)
        remember(burst, keys[i], mono_ms);
    return near > BURST_KEYS && !is_one_key;
}
