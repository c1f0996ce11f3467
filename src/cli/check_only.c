/* check_only.c — the words of `check --only LIST`. */
#include <string.h>

#include "cli/cli.h"
#include "core/text.h"

enum { KINDS_EVERY = 1u << CHECK_API_443 | 1u << CHECK_EDGE_TCP_7844 | 1u << CHECK_EDGE_UDP_7844 };

static const struct {
    const char *word;
    unsigned kinds, families;
    bool is_layers, is_loss;
} words[] = {
    {"api", 1u << CHECK_API_443, 0, false, false},
    {"edge", 1u << CHECK_EDGE_TCP_7844 | 1u << CHECK_EDGE_UDP_7844, 0, false, false},
    {"tcp", 1u << CHECK_EDGE_TCP_7844, 0, false, false},
    {"udp", 1u << CHECK_EDGE_UDP_7844, 0, false, false},
    {"ipv4", 0, 1u << 4, false, false},
    {"ipv6", 0, 1u << 6, false, false},
    {"loss", 1u << CHECK_EDGE_UDP_7844, 0, false, true},
    {"layers", 0, 0, true, false},
};

const char *
check_only_words(void)
{
    return "api, edge, tcp, udp, ipv4, ipv6, loss, layers";
}

static bool
take_word(const char *word, size_t n, struct check_only *out, struct err *err)
{
    for (size_t i = 0; i < COUNT_OF(words); i++)
        if (strlen(words[i].word) == n && strncmp(words[i].word, word, n) == 0) {
            out->kinds |= words[i].kinds;
            out->families |= words[i].families;
            out->has_layers |= words[i].is_layers;
            out->has_loss |= words[i].is_loss;
            return true;
        }
    return err_set(err, ERR_USAGE, "--only: expected some of %s, found \"%.*s\"",
                   check_only_words(), n > 40 ? 40 : (int)n, word);
}

bool
check_only_read(const char *list, struct check_only *out, struct err *err)
{
    bool is_everything = !list;

    *out = (struct check_only){.is_part = !is_everything};
    for (bool has_more = !is_everything; has_more;) {
        size_t n = strcspn(list, ",");

        if (!take_word(list, n, out, err))
            return false;
        has_more = list[n] == ',';
        list += n + has_more;
    }
    if (is_everything)
        out->has_layers = true;
    if (is_everything || (out->kinds == 0 && out->families != 0))
        out->kinds = KINDS_EVERY;
    if (out->families == 0)
        out->families = 1u << 4 | 1u << 6;
    return true;
}
