/* act_ops.h — the commands about ops, as far as others need to know of them. UI thread only. */
#ifndef UI_ACT_OPS_H
#define UI_ACT_OPS_H

#include "model/connector.h"
#include "model/op_order.h"
#include "ui/command.h"

struct console;
struct text;

enum { PICK_MOST = 32, IDLE_MS = 180000 };

/* Which of a tunnel's connectors? The list stays as it was when it was asked. */
struct pick {
    enum op_kind kind;
    char ids[PICK_MOST][ORDER_ID_BYTES]; /* URLs */
    size_t n;
};

/* Is it the verb of an op? */
bool ops_is_verb(enum command_id command);
/* What it would be here; OP_KIND_COUNT: there is nothing here that this could be done to. */
enum op_kind ops_kind_here(const struct console *console, enum command_id command);
/* May it be planned and confirmed now, as permit_check has it? */
bool ops_is_permitted(const struct console *console, enum command_id command);

/* Add why the command can do nothing here and now; nothing when it can, or when it is about no op.
 */
void ops_refusal(struct console *console, enum command_id command, struct text *out);

void act_drain(struct console *console, const char *argument);
void act_restart(struct console *console, const char *argument);
void act_stop(struct console *console, const char *argument);
void act_rotate(struct console *console, const char *argument);
void act_status(struct console *console, const char *argument);
void act_logs(struct console *console, const char *argument);
void act_mark(struct console *console, const char *argument);
void act_unmark_all(struct console *console, const char *argument);
void act_undo(struct console *console, const char *argument);
void act_arm(struct console *console, const char *argument);
void act_lock(struct console *console, const char *argument);
void act_ops(struct console *console, const char *argument);

/* The op that the ops view or an op's page is about; NULL. */
const struct op *ops_selected(struct console *console);
/* Enter in the ops view and on an op's page. */
void ops_open(struct console *console);
/* Take the connector that was picked; NULL when it is gone. */
void pick_take(struct console *console, int choice);
const struct connector *pick_connector(const struct console *console, int choice);

/* May the program end now? False once, with a question, while an op of ours is under way. */
bool ops_let_quit(struct console *console);
/* Lock, and say why; false when the order could not be sent. */
bool order_disarm(struct console *console, const char *why);

#endif
