#include "config/reader.h"

#include "core/yaml.h"

bool
reader_fail(const struct reader *reader, const struct yaml *node, const char *where,
            const char *expected, const char *const *words)
{
    struct words valid = {0};
    const char *advice = "";

    for (size_t i = 0; words && words[i]; i++)
        words_add(&valid, reader->mistakes->arena, words[i]);
    if (words)
        advice = words_advice(&valid, reader->mistakes->arena, node->value);
    mistakes_add(reader->mistakes, reader->path, node->line, node->column,
                 "%s: expected %s, found %s%.40s%s%s", where, expected,
                 *node->value ? "\"" : "nothing", node->value, *node->value ? "\"" : "", advice);
    return false;
}

void
reader_unknown_key(const struct reader *reader, const struct yaml *node, const char *where,
                   const struct words *valid)
{
    mistakes_add(reader->mistakes, reader->path, node->key_line, node->key_column,
                 "%s%s%s: unknown key%s", where, *where ? "." : "", node->key,
                 words_advice(valid, reader->mistakes->arena, node->key));
}
