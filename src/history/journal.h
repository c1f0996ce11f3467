/* journal.h — the record of every op, in SQLite: written before its first effect, shared by all
 * consoles of this host that use the same folder.
 *
 * An op has an owner: a process of this host, known by boot, pid and start time. An op that is not
 * over and whose owner is gone was interrupted. Every write is one transaction, on disk when the
 * call returns (synchronous=FULL); readers and writers do not wait for each other. One thread owns
 * a struct journal; others open their own. Errors are ERR_IO and name the file. */
#ifndef HISTORY_JOURNAL_H
#define HISTORY_JOURNAL_H

#include "core/err.h"
#include "model/op.h"

struct arena;
struct journal;

/* The folder is made (0700) when it is not there; a folder that the operator made for a group is
 * shared (place.h). NULL and err when it cannot be written, is full, is damaged, or holds a journal
 * of a newer version. Caller frees with journal_close. */
struct journal *journal_open(const char *folder, struct err *err);
/* The same for reading only; a journal that is not there yet is empty, which is no error, and one
 * of an older version is brought up. */
struct journal *journal_open_to_read(const char *folder, struct err *err);
void journal_close(struct journal *journal); /* NULL is allowed */

/* "$XDG_STATE_HOME/sandwatch", or below $HOME/.local/state. NULL when neither is set. */
const char *journal_folder(struct arena *arena, const char *(*getenv)(const char *name));

struct journal_item {
    const char *id, *name;
    const char *pool_id, *session_id; /* of a job; "" */
    enum op_progress progress;
    const char *note;
    int64_t asked_ms, done_ms;

    /* what somebody who resumes it goes by */
    int64_t expected;      /* connections that a connector must have again; -1 */
    const char *former_id; /* the connectorId that it had before it was told to restart; "" */
    bool was_down;         /* it carried nothing before */
    bool is_forced;        /* of a job: force was ordered */
    bool is_foreign;       /* somebody else had asked for it */
    bool is_told;          /* the operator's message was sent to its session, or may have been */
    bool is_late;          /* nobody watched when it was done: how long it took is not known */
};

/* All that is known of one op. Strings are never NULL. */
struct journal_op {
    const char *id;
    enum op_kind kind;
    enum op_state state; /* as written; see is_alive */
    const char *context, *object_id, *object_name, *pool_id;
    const char *user, *host, *ssh_client, *reason;
    unsigned choices;
    int64_t grace_ms;
    const char *must_type; /* kept for what comes later, such as force */
    bool is_headless;
    int64_t planned_ms, confirmed_ms, started_ms, ended_ms;
    const char *summary;
    const char *phase; /* where to go on when it is resumed */
    int64_t expected;  /* workers that must be there again; -1 */
    const struct journal_item *items;
    size_t n_items;
    bool is_alive; /* read: its owner runs (always true for states that are over) */
    bool is_mine;  /* read: its owner is this process */
};

/* What was done or is about to be done; result "" until it is known. */
struct journal_step {
    int64_t seq; /* read: of the op, from 1 */
    int64_t at_ms, answered_ms;
    const char *what;   /* "stop" "interrupt" "command" "observe" … */
    const char *target; /* an item's id; "" */
    const char *detail; /* the call or argv, as shown to the operator; never a secret */
    const char *result; /* "204" "no answer" "exit 0" …; "" */
};

/* All writes need a journal that was opened to write. They refuse (ERR_REFUSED) when this process
 * is not the op's owner, but for the result of a step, which was taken before. */

/* Record a new op with its items and make this process its owner. */
bool journal_begin(struct journal *journal, const struct journal_op *op, struct err *err);
/* The same when it has no rival, which is looked at when nobody else can begin. With one, false,
 * ERR_REFUSED, and *rival, owned by the arena; NULL for other failures. */
bool journal_begin_alone(struct journal *journal, const struct journal_op *op, struct arena *arena,
                         const struct journal_op **rival, struct err *err);
/* The first of these ops that another console, which runs, is at, and that is about the same object
 * as op, about one of its items, or about their pool; NULL. */
const struct journal_op *journal_rival(const struct journal_op *op, const struct journal_op *others,
                                       size_t n);
/* Replace state, phase, summary, times, choices, grace, reason, expected, and insert or replace its
 * items, which may be some of them. With the state interrupted the op is left to whoever claims it:
 * it has no owner any more. */
bool journal_update(struct journal *journal, const struct journal_op *op, struct err *err);
/* Insert or replace items, in one transaction. */
bool journal_items(struct journal *journal, const char *op_id, const struct journal_item *items,
                   size_t n, struct err *err);
/* Append a step, and with it the item that it is about (NULL: none); *seq gets its number. */
bool journal_step(struct journal *journal, const char *op_id, const struct journal_step *step,
                  const struct journal_item *item, int64_t *seq, struct err *err);
/* Fill the result of a step. */
bool journal_result(struct journal *journal, const char *op_id, int64_t seq, const char *result,
                    int64_t at_ms, struct err *err);
/* Become the owner of an op that is not over and whose owner is gone; of one's own it changes
 * nothing. ERR_REFUSED when somebody was faster, names who; when it is over; when it is not there.
 */
bool journal_claim(struct journal *journal, const char *op_id, struct err *err);

struct journal_query {
    const char *op_id; /* NULL: all */
    int64_t since_ms;  /* planned at or after; 0: all */
    bool is_open_only; /* only ops that are not over */
    size_t most;       /* newest first; 0: all */
};

/* Newest first. Rows, items and strings are owned by the arena. */
bool journal_read(struct journal *journal, const struct journal_query *query, struct arena *arena,
                  const struct journal_op **out, size_t *n, struct err *err);
bool journal_read_steps(struct journal *journal, const char *op_id, struct arena *arena,
                        const struct journal_step **out, size_t *n, struct err *err);

/* How long stops took here: from asked to done, of the newest finished jobs of this pool (most: at
 * most so many); not those of a restart, whose times are of its later steps. Milliseconds, owned by
 * the arena. */
bool journal_stop_times(struct journal *journal, const char *pool_id, size_t most,
                        struct arena *arena, const int64_t **out, size_t *n, struct err *err);

/* Readable when another process wrote (inotify on the folder; our own writes wake us, too); call
 * journal_noticed, and read again when it says that others wrote since it was last called; it may
 * say so a little later only, when what woke us was not on disk yet. -1 when
 * the system has no inotify left, and for a journal that is not there yet. Borrowed. */
int journal_fd(const struct journal *journal);
bool journal_noticed(struct journal *journal);

/* Is the journal still writable and not full? Writes more than an op does at once, and takes it
 * back. */
bool journal_try(struct journal *journal, struct err *err);

#endif
