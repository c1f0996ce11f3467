/* names.h — the words of a believable company, and of a hostile one. */
#ifndef SIM_NAMES_H
#define SIM_NAMES_H

#include "sim/chance.h"

struct json;

size_t name_agents(void);
const char *name_agent(size_t nth);
size_t name_models(void);
const char *name_model(size_t nth);
/* Borrowed until the next call. */
const char *name_title(struct chance *chance);
const char *name_remark(struct chance *chance);
const char *name_farewell(struct chance *chance);
/* A call of a built-in tool: its name, and its input (caller frees with json_free). */
void name_tool_call(struct chance *chance, const char **tool, struct json **input);
const char *name_tool_output(struct chance *chance);
/* "pool-0007" style names for large worlds; borrowed until the next call. */
const char *name_region(size_t nth);

/* Escape sequences, C0 and C1 controls, bidirectional controls, malformed UTF-8, endless lines:
 * what no terminal should be given. Borrowed for ever. */
size_t name_hostiles(void);
const char *name_hostile(size_t nth);
/* The same over and over, 64 KiB of it. */
const char *name_hostile_endless(size_t nth);

#endif
