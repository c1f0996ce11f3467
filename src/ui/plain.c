#include "ui/plain.h"

uint32_t
plain_char(uint32_t c)
{
    static const struct {
        uint32_t from, to; /* of the first and last character */
        char plain;
    } ranges[] = {
        {0x00A0, 0x00A0, ' '},  {0x00B7, 0x00B7, '.'}, {0x00D7, 0x00D7, 'x'}, {0x2010, 0x2015, '-'},
        {0x2018, 0x2019, '\''}, {0x201C, 0x201D, '"'}, {0x2022, 0x2022, '*'}, {0x2026, 0x2026, '>'},
        {0x2190, 0x2190, '<'},  {0x2191, 0x2191, '^'}, {0x2192, 0x2192, '>'}, {0x2193, 0x2193, 'v'},
        {0x2212, 0x2212, '-'},  {0x2264, 0x2264, '<'}, {0x2265, 0x2265, '>'}, {0x2500, 0x2501, '-'},
        {0x2502, 0x2503, '|'},  {0x250C, 0x254B, '+'}, {0x2581, 0x2582, '_'}, {0x2583, 0x2584, '.'},
        {0x2585, 0x2586, '='},  {0x2587, 0x2588, '#'}, {0x25B2, 0x25B2, '^'}, {0x25BC, 0x25BC, 'v'},
    };

    if (c < 0x80)
        return c;
    for (unsigned i = 0; i < COUNT_OF(ranges); i++)
        if (c >= ranges[i].from && c <= ranges[i].to)
            return (uint32_t)ranges[i].plain;
    return '?';
}
