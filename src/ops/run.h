/* run.h — one op in memory: what it is about, its objects, its plan and record. Data and the small
 * things that can be done to it; no I/O. The ops thread's. */
#ifndef OPS_RUN_H
#define OPS_RUN_H

#include <stdarg.h>

#include "api/call.h"
#include "model/op.h"
#include "model/op_order.h"

struct map;
struct process;
struct secret;

enum {
    RUN_NAME_BYTES = 128,
    RUN_NOTE_BYTES = 240,
    RUN_LINES_MOST = 400, /* of the record; older output gives way */
};

/* One object of an op. */
struct run_item {
    char id[ORDER_ID_BYTES], name[RUN_NAME_BYTES];
    char pool_id[ORDER_ID_BYTES], session_id[ORDER_ID_BYTES]; /* of a job; "" */
    char what[RUN_NOTE_BYTES], loses[RUN_NOTE_BYTES], note[RUN_NOTE_BYTES];
    char state[32];   /* the service's word, as last seen */
    char before[64];  /* the connectorId that a connector had */
    int64_t expected; /* connections that a connector must have again; -1 */
    bool was_down;    /* a connector carried nothing before it was told to restart */
    enum op_progress progress;
    int64_t asked_ms, done_ms; /* wall; 0 */

    uint64_t tag;      /* of the request on its way; 0: none */
    uint64_t last_tag; /* of that, or of the one before; each is higher than all before it */
    enum api_call_id call;
    int64_t step;          /* the journal's number of the step whose result is awaited; 0 */
    int64_t not_before_ms; /* monotonic: do not ask again before */
    int64_t look_ms;       /* monotonic: when to look at it next */
    uint32_t looks, tries;
    int64_t trying_since_ms; /* monotonic: of the first of these tries */
    int64_t grace_from_ms;   /* monotonic: when it was asked to stop, perhaps by somebody else; 0 */
    int64_t forced_ms;       /* monotonic: when force was asked for; 0 */
    bool is_forced;          /* the last thing asked for was force */
    bool is_unproven;        /* whether it was asked is not known: look before anything is sent */
    bool is_foreign;         /* somebody else did it */
    bool has_paused;         /* its session did not run since it was asked */
    bool is_told;            /* the operator's message was sent to its session, or may have been */
    bool is_late;            /* nobody watched when it was done, unless it is seen otherwise */
    bool is_missed;          /* the list no longer has it */
    bool is_unwritten;       /* it changed, and the journal does not know yet: see engine_items */
};

struct run_line {
    enum op_line_kind kind;
    int64_t at_ms;
    char *text; /* owned */
};

struct run {
    char id[OP_ID_BYTES];
    uint64_t ticket;
    enum op_kind kind;
    enum op_state state;
    char object_id[ORDER_ID_BYTES], object_name[RUN_NAME_BYTES], pool_id[ORDER_ID_BYTES];
    char summary[RUN_NOTE_BYTES];
    char reason[ORDER_REASON_BYTES];
    bool is_headless;

    unsigned choices, choices_offered;
    int64_t grace_ms;
    char must_type[RUN_NAME_BYTES], must_retype[RUN_NAME_BYTES], why_retype[RUN_NOTE_BYTES];

    char (*ids)[ORDER_ID_BYTES]; /* what the order named; owned */
    size_t n_ids;
    struct run_item *items; /* owned */
    size_t n_items, room_items;
    struct run_line *lines; /* owned */
    size_t n_lines, room_lines;
    size_t n_plan_lines; /* the first ones are the plan */

    int64_t planned_ms, confirmed_ms, started_ms, ended_ms; /* wall */
    int64_t undo_until_ms, grace_until_ms;                  /* monotonic; 0: does not count */
    int64_t median_ms, p90_ms;                              /* stops seen here; -1 */

    size_t phase; /* index into the phases of its kind */
    bool has_entered;
    int64_t phase_since_ms; /* monotonic */
    int64_t phase_wall_ms;
    int64_t hurried_ms;      /* monotonic: when the pool was last asked for at once */
    struct process *command; /* that runs for it; NULL */
    int64_t command_step;    /* its number in the journal */
    size_t nth;              /* of the phases that go through the items one by one */
    int stage;               /* within a phase; 0 when it is entered */
    int64_t expected;        /* workers that must be there again; -1 */
    char *message;           /* the operator's, as the body of a request; owned, NULL */
    struct secret *token;    /* between a rotation and its delivery; owned */

    enum op_offer offer;
    size_t n_offered; /* items that the offer is about; of force */
    char offer_text[RUN_NOTE_BYTES];

    uint64_t held_tag; /* an effect had no usable answer, nor has any request after this one; 0 */
    bool is_recorded;  /* the journal has it */
    bool is_resumed;   /* in the phase it is in */
    struct run *next;
};

/* A new one of that kind, with an id that nobody has. Caller frees with run_free. */
struct run *run_new(enum op_kind kind, int64_t now_ms);
void run_free(struct run *run);

struct run_item *run_add_item(struct run *run, const char *id, const char *name);
struct run_item *run_item(struct run *run, const char *id); /* NULL */
/* From ids to items, to look up many; caller frees with map_free. */
struct map *run_map_items(const struct run *run);
struct run_item *run_item_of_tag(struct run *run, uint64_t tag); /* NULL */
void run_clear_plan(struct run *run); /* items and lines, to plan again */

/* One more line of the plan (at_ms 0) or of the record. */
void run_say(struct run *run, enum op_line_kind kind, int64_t at_ms, const char *format, ...)
    PRINTF_LIKE(4, 5);
/* Into one of its texts, cut where that ends. */
void run_write(char *out, size_t size, const char *format, va_list args) PRINTF_LIKE(3, 0);
void run_summarize(struct run *run, const char *format, ...) PRINTF_LIKE(2, 3);
void item_note(struct run_item *item, const char *format, ...) PRINTF_LIKE(2, 3);

size_t run_count(const struct run *run, enum op_progress progress);
size_t run_in_flight(const struct run *run);
size_t run_effects_in_flight(const struct run *run); /* of those, what changes the world */
/* Items that nothing more is to be done about. */
bool run_items_are_settled(const struct run *run);
/* What a person types to confirm: the name; the end of the id, when the name is long or in any
 * script, as the titles of jobs are. */
const char *run_typable(const char *name, const char *id);
const char *run_word(const struct run *run);
bool run_chose(const struct run *run, enum op_choice choice);
/* It works: its owner looks at the world for it. */
bool run_is_active(const struct run *run);

#endif
