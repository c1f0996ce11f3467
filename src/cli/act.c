/* act.c — `sandwatch drain`, `restart`, `stop`, `history --resume`: one op from its plan to its
 * end, without a console. */
#include "cli/act.h"

#include <stdio.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "cli/act_target.h"
#include "cli/op_report.h"
#include "core/clock.h"
#include "core/text.h"

enum {
    SOURCES_WITHIN_MS = 30000,
    NAMES_WITHIN_MS = 3000,
    PLAN_WITHIN_MS = 30000,
    TAKE_BACK_MS = 5000,
    ANSWER_BYTES = 256,
};

static enum act_verdict
give_up_signalled(struct act *act)
{
    (void)act_signal(act);
    if (act->op_id[0])
        act_order(act, ORDER_dismiss, "");
    return act_give_up(act, ACT_failed, "interrupted; nothing was done");
}

/* ---- what can be known before a plan ---- */

/* What a plan about that object is made of. */
static bool
is_needed(const char *object, enum source source)
{
    if (strcmp(object, "connector") == 0)
        return source == SOURCE_connectors;
    return source == SOURCE_environments || source == SOURCE_work || source == SOURCE_sessions;
}

static bool
is_tried(const struct snapshot *snapshot, enum source source)
{
    const struct source_status *status = &snapshot->source[source];

    return status->rounds > 0 || status->state == SOURCE_STATE_disabled;
}

/* Their plan calls a tunnel by its name; a service that is slow does not hold them up for that. */
static bool
are_connectors_read(const struct act *act)
{
    return is_tried(&act->snapshot, SOURCE_connectors) &&
           (is_tried(&act->snapshot, SOURCE_tunnels) ||
            clock_mono_ms() - act->started_ms >= NAMES_WITHIN_MS);
}

static bool
is_read(const struct act *act, const char *object)
{
    size_t n;
    const struct service *service = snapshot_service(&act->snapshot, &n);

    if (strcmp(object, "connector") == 0)
        return are_connectors_read(act);
    if (n > 0)
        return service->is_settled; /* what it says comes before the rows that it brought */
    for (int i = 0; i < SOURCE_COUNT; i++)
        if (is_needed(object, (enum source)i) && !is_tried(&act->snapshot, (enum source)i))
            return false;
    return true;
}

static const struct control *
control_of(const struct act *act)
{
    size_t n;
    const struct control *control = snapshot_control(&act->snapshot, &n);

    return n > 0 ? control : NULL;
}

static bool
is_permitted(const struct act *act, struct err *err)
{
    return permit_check(control_of(act), act->kind, true, clock_wall_ms(), err);
}

/* What is refused anyway is refused at once; a plan changes nothing, and is made all the same. */
static bool
is_refused(const struct act *act, struct err *err)
{
    return !act->options->is_dry && !is_permitted(act, err);
}

static bool
is_known(struct act *act)
{
    if (!control_of(act))
        return false;
    return is_refused(act, NULL) || is_read(act, op_object(act->kind));
}

/* A name that is not there may be there all the same when not everything could be read. */
static enum act_verdict
unknown_target(struct act *act, const struct err *err)
{
    const char *object = op_object(act->kind);
    TEXT(why, ANSWER_BYTES + ERR_MESSAGE_BYTES);

    text_add(&why, err->message);
    for (int i = 0; i < SOURCE_COUNT; i++) {
        const struct source_status *status = &act->snapshot.source[i];

        if (!is_needed(object, (enum source)i) || status->state == SOURCE_STATE_ok)
            continue;
        text_addf(&why, " (%s: %s)", source_name((enum source)i),
                  status->error[0] ? status->error : "not read in time");
        return act_give_up(act, ACT_unknown, why.bytes);
    }
    return act_give_up(act, ACT_failed, why.bytes);
}

/* ---- the plan ---- */

static bool
is_planned(struct act *act)
{
    const struct op *op = act_op(act);

    return op && op->state != OP_STATE_planning;
}

static unsigned
wanted_choices(const struct act_options *options, const struct op *op)
{
    unsigned on = options->choices_on;

    if (options->is_forced)
        on |= op->choices_offered & 1u << OP_CHOICE_force;
    return (op->choices | on) & ~options->choices_off;
}

static bool
is_chosen(struct act *act)
{
    const struct op *op = act_op(act);

    return op && (op_state_is_over(op->state) || (op->state == OP_STATE_planned &&
                                                  op->choices == wanted_choices(act->options, op)));
}

static bool
order_plan(struct act *act, struct err *err)
{
    const struct act_options *options = act->options;
    struct op_order *plan = op_order_new(ORDER_plan);

    act->ticket = (uint64_t)clock_mono_us();
    plan->ticket = act->ticket;
    plan->op = act->kind;
    plan->is_headless = true;
    plan->is_dry = options->is_dry;
    plan->grace_ms = options->grace_ms;
    for (size_t i = 0; i < options->n_names; i++) {
        const char *id;

        if (!act_target_find(&act->snapshot, op_object(act->kind), options->names[i], &id, err)) {
            op_order_free(plan);
            return false;
        }
        op_order_add_id(plan, id);
    }
    return store_order(act->store, plan) ||
           err_set(err, ERR_LIMIT, "the order was not taken: too many wait already");
}

static enum act_wait
choose(struct act *act)
{
    const struct op *op = act_op(act);
    unsigned wanted = wanted_choices(act->options, op);
    struct op_order *choice;

    if (op->state != OP_STATE_planned || op->choices == wanted)
        return ACT_HOLDS;
    act->choices_before = op->choices; /* the room may see some of them differently */
    choice = op_order_new(ORDER_choose);
    snprintf(choice->op_id, sizeof(choice->op_id), "%s", act->op_id);
    choice->op = act->kind;
    choice->is_headless = true;
    choice->has_choices = true;
    choice->choices = wanted;
    choice->grace_ms = act->options->grace_ms;
    if (!store_order(act->store, choice))
        return ACT_LATE;
    return act_wait_until(act, is_chosen, PLAN_WITHIN_MS);
}

/* An option that means nothing to this op is a mistake of whoever gave it. */
static bool
are_offered(const struct act *act, const struct op *op, struct err *err)
{
    for (int i = 0; i < OP_CHOICE_COUNT; i++)
        if (act->options->choices_on & ~op->choices_offered & 1u << i)
            return err_set(err, ERR_USAGE, "\"%s\" (%s) is not possible here",
                           op_choice_name((enum op_choice)i), op_choice_what((enum op_choice)i));
    return true;
}

static void
print_plan(const struct act *act, const struct op *op, FILE *out)
{
    const struct page page = act_page(act, out);

    op_print_plan(&page, op);
    fflush(out);
}

/* ---- the operator's word ---- */

/* Has the operator typed it? ACT_HOLDS and *is_right, or why not. */
static enum act_wait
ask(struct act *act, const char *question, const char *word, bool *is_right)
{
    char answer[ANSWER_BYTES];
    enum act_wait wait;

    /* before it is asked: what was typed ahead is no answer, what follows at once is one */
    (void)tcflush(STDIN_FILENO, TCIFLUSH);
    fprintf(stderr, "%s: type %s to go on: ", question, word);
    fflush(stderr);
    wait = act_read_line(act, answer, sizeof(answer));
    *is_right = wait == ACT_HOLDS && strcmp(answer, word) == 0;
    if (wait != ACT_HOLDS)
        fputc('\n', stderr);
    return wait;
}

static enum act_wait
ask_for_word(struct act *act, const struct op *op, bool *is_right)
{
    enum act_wait wait;
    TEXT(title, ANSWER_BYTES);

    op_title_add(&title, op);
    wait = ask(act, title.bytes, op->must_type[0] ? op->must_type : "yes", is_right);
    if (wait == ACT_HOLDS && *is_right && op->must_retype[0])
        wait = ask(act, op->why_retype, op->must_retype, is_right);
    return wait;
}

static bool
order_confirmed(struct act *act, const struct op *op)
{
    struct op_order *confirm = op_order_new(ORDER_confirm);

    act->has_said_twice = op->must_retype[0] != '\0';
    confirm->is_headless = true;
    confirm->op = op->kind;
    snprintf(confirm->op_id, sizeof(confirm->op_id), "%s", act->op_id);
    snprintf(confirm->typed, sizeof(confirm->typed), "%s", op->must_type);
    snprintf(confirm->retyped, sizeof(confirm->retyped), "%s", op->must_retype);
    snprintf(confirm->reason, sizeof(confirm->reason), "%s", act->options->reason);
    return store_order(act->store, confirm);
}

/* ---- the course ---- */

static enum act_verdict
confirm(struct act *act)
{
    const struct act_options *options = act->options;
    const struct op *op = act_op(act);
    bool is_right = options->is_yes;
    enum act_wait wait = ACT_HOLDS;
    TEXT(why, ANSWER_BYTES + ERR_MESSAGE_BYTES);

    if (options->is_yes && op->must_retype[0] && !options->is_forced) {
        act_order(act, ORDER_dismiss, "");
        text_addf(&why, "%s; --yes is not enough, --force says it a second time", op->why_retype);
        return act_give_up(act, ACT_failed, why.bytes);
    }
    if (!options->is_yes)
        wait = ask_for_word(act, op, &is_right);
    if (wait == ACT_SIGNALLED)
        return give_up_signalled(act);
    if (!is_right) {
        act_order(act, ORDER_dismiss, "");
        return act_give_up(act, ACT_failed, "not confirmed; nothing was done");
    }
    if (!order_confirmed(act, op))
        return act_give_up(act, ACT_failed, "the order was not taken: too many wait already");
    return ACT_done;
}

/* Somebody began since the plan was made. */
static bool
takes_another_word(const struct act *act, const struct op *op)
{
    return op->state == OP_STATE_planned && op->must_retype[0] && !act->has_said_twice;
}

static bool
has_left_plan(struct act *act)
{
    const struct op *op = act_op(act);

    return op && op->state != OP_STATE_planned && op->state != OP_STATE_planning;
}

/* It began, or says why it does not. */
static bool
has_answered(struct act *act)
{
    const struct op *op = act_op(act);

    return has_left_plan(act) ||
           (op && (takes_another_word(act, op) ||
                   strncmp(op->summary, act->before, sizeof(act->before) - 1) != 0));
}

/* Confirmed, and not begun by now. What becomes of it is seen before anything is told: it may have
 * begun meanwhile. The time for that comes on top. */
static enum act_verdict
take_back(struct act *act, enum act_verdict verdict, const char *why)
{
    const struct op *op;

    act->deadline_ms = clock_mono_ms() + TAKE_BACK_MS;
    act_order(act, ORDER_dismiss, "");
    (void)act_wait_until(act, has_left_plan, TAKE_BACK_MS);
    op = act_op(act);
    if (op && op->state == OP_STATE_cancelled)
        return act_give_up(act, verdict, why);
    if (op && op_state_is_over(op->state))
        return act_end(act);
    return act_leave(act, "it was confirmed, and not seen to begin in time");
}

static enum act_verdict
go_on(struct act *act)
{
    enum act_verdict verdict;
    enum act_wait wait;
    const struct op *op;
    TEXT(why, ERR_MESSAGE_BYTES);

    do {
        snprintf(act->before, sizeof(act->before), "%s", act_op(act)->summary);
        verdict = confirm(act);
        if (verdict != ACT_done)
            return verdict;
        wait = act_wait_until(act, has_answered, PLAN_WITHIN_MS);
        op = act_op(act);
    } while (wait == ACT_HOLDS && takes_another_word(act, op));
    if (wait == ACT_LATE)
        return take_back(act, ACT_unknown, "it was not begun in time; nothing was done");
    if (wait == ACT_SIGNALLED || has_left_plan(act))
        return act_follow(act);  /* which takes the signal */
    text_add(&why, op->summary); /* the room wants another word than the plan said */
    return take_back(act, ACT_failed, why.bytes);
}

/* What it would come to, and why it would not, where that is certain. */
static enum act_verdict
show_dry(struct act *act, void (*print)(const struct act *act, const struct op *op, FILE *out))
{
    const struct op *op = act_op(act);

    if (!is_permitted(act, &act->refusal))
        act_say(act, "to do it would be refused: %s", act->refusal.message);
    if (act->options->look.is_json)
        act_print_document(act, op, ACT_done, "");
    else
        print(act, op, stdout);
    return ACT_done;
}

static enum act_verdict
show_plan(struct act *act)
{
    const struct op *op = act_op(act);
    enum act_verdict verdict;

    if (op_state_is_over(op->state))
        return act_end(act); /* refused */
    if (!act->options->is_dry) {
        print_plan(act, op, stderr);
        return go_on(act);
    }
    verdict = show_dry(act, print_plan);
    act_order(act, ORDER_dismiss, "");
    return verdict;
}

static enum act_verdict
plan(struct act *act)
{
    struct err err = {0};
    const struct op *op;
    enum act_wait wait;

    if (!order_plan(act, &err))
        return unknown_target(act, &err);
    wait = act_wait_until(act, is_planned, PLAN_WITHIN_MS);
    if (wait == ACT_HOLDS) {
        op = act_op(act);
        snprintf(act->op_id, sizeof(act->op_id), "%s", op->id);
        if (!op_state_is_over(op->state) && !are_offered(act, op, &err)) {
            act_order(act, ORDER_dismiss, "");
            return act_give_up(act, ACT_failed, err.message);
        }
        wait = choose(act);
    }
    if (wait == ACT_SIGNALLED)
        return give_up_signalled(act);
    if (wait == ACT_LATE)
        return act_give_up(act, ACT_unknown, "no plan was made in time; nothing was done");
    return show_plan(act);
}

/* ---- an interrupted op ---- */

static bool
is_seen(struct act *act)
{
    return control_of(act) && act_op(act);
}

static bool
has_left_interrupted(struct act *act)
{
    const struct op *op = act_op(act);

    return op && op->state != OP_STATE_interrupted;
}

static void
print_standing(const struct act *act, const struct op *op, FILE *out)
{
    const struct page page = act_page(act, out);

    op_print_end(&page, op, clock_wall_ms());
}

static enum act_verdict
take_up(struct act *act, const struct op *op)
{
    bool is_right = act->options->is_yes;
    enum act_wait wait = ACT_HOLDS;
    struct page page = act_page(act, stderr);

    if (!act->options->is_dismissal)
        op_print_items(&page, op);
    if (!is_right)
        wait = ask_for_word(act, op, &is_right);
    if (wait != ACT_HOLDS || !is_right)
        return act_give_up(act, ACT_failed, "not confirmed; nothing was done");
    if (!act_order(act, act->options->is_dismissal ? ORDER_dismiss : ORDER_resume, op->must_type))
        return ACT_failed;
    if (act_wait_until(act, has_left_interrupted, PLAN_WITHIN_MS) == ACT_LATE)
        return act_give_up(act, ACT_unknown, "nobody took it up in time");
    return act_follow(act);
}

static enum act_verdict
resume(struct act *act)
{
    const struct op *op;
    struct err err = {0};
    TEXT(why, ANSWER_BYTES);

    snprintf(act->op_id, sizeof(act->op_id), "%s", act->options->op_id);
    switch (act_wait_until(act, is_seen, PLAN_WITHIN_MS)) {
    case ACT_SIGNALLED:
        act->op_id[0] = '\0';
        return give_up_signalled(act);
    case ACT_LATE:
        text_addf(&why, "the journal has no open op %s", act->options->op_id);
        return act_give_up(act, ACT_failed, why.bytes);
    case ACT_HOLDS:
        break;
    }
    op = act_op(act);
    act->kind = op->kind;
    if (is_refused(act, &err))
        return act_give_up(act, ACT_failed, err.message);
    if (op->state == OP_STATE_interrupted)
        return act->options->is_dry ? show_dry(act, print_standing) : take_up(act, op);
    text_addf(&why, "%s is not interrupted, but %s", op->id, op_state_name(op->state));
    return act_give_up(act, ACT_failed, why.bytes);
}

static enum act_verdict
begin(struct act *act)
{
    struct err err = {0};
    enum act_wait wait = act_wait_until(act, is_known, SOURCES_WITHIN_MS);

    if (wait == ACT_SIGNALLED)
        return give_up_signalled(act);
    if (!control_of(act))
        return act_give_up(act, ACT_unknown, "nobody can act here: the ops room does not answer");
    if (is_refused(act, &err))
        return act_give_up(act, ACT_failed, err.message);
    return plan(act); /* also late: what is wanted may be known by now */
}

int
cli_act_refuse(const struct act_options *options, struct store *store, const char *why)
{
    struct act act;

    act_open(&act, options, store);
    (void)act_give_up(&act, ACT_failed, why);
    act_close(&act);
    return ACT_failed;
}

int
cli_act(const struct act_options *options, struct store *store)
{
    enum act_verdict verdict;
    struct act act;

    act_open(&act, options, store);
    verdict = options->op_id ? resume(&act) : begin(&act);
    if (fflush(stdout) != 0 || ferror(stdout)) {
        perror("sandwatch: standard output");
        verdict = verdict == ACT_done ? ACT_unknown : verdict;
    }
    act_close(&act);
    return (int)verdict;
}
