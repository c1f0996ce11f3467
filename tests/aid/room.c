#include "aid/room.h"

#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "core/arena.h"
#include "core/clock.h"
#include "core/die.h"
#include "core/text.h"
#include "core/thread.h"

enum { HEARD_BYTES = 4096 };

struct room {
    struct store *store;
    const struct room_plan *plan;
    pthread_t thread;
    int stop_fd;
    pthread_mutex_t lock;
    char heard[HEARD_BYTES]; /* guarded by lock */
    int64_t forced_ms;       /* guarded by lock */

    /* the op, of the thread alone */
    struct op op;
    char id[OP_ID_BYTES], object_id[ORDER_ID_BYTES];
    enum op_progress progress[2];
    const char *step;
};

/* ---- what is seen ---- */

static void
publish_control(const struct room *room)
{
    struct arena *arena = arena_new();
    struct control *control = arena_alloc(arena, sizeof(*control));

    *control = (struct control){
        .is_read_only = room->plan->is_read_only,
        .context = "test",
        .armed_until_ms = room->plan->is_locked ? 0 : INT64_MAX,
        .locked_why = "",
        .reason = "",
        .journal = "",
    };
    store_publish(room->store, SLOT_control, arena, control, 1);
}

static void
publish(struct room *room)
{
    struct arena *arena = arena_new();
    struct op *op = arena_alloc(arena, sizeof(*op));
    struct op_item *items = arena_array(arena, 2, sizeof(*items));
    struct op_line *lines = arena_array(arena, 3, sizeof(*lines));

    *op = room->op;
    op->id = arena_strdup(arena, room->id);
    op->object_id = arena_strdup(arena, room->object_id);
    op->n_done = 0;
    for (size_t i = 0; i < 2; i++) {
        items[i] = (struct op_item){
            .id = i ? "work_2" : "work_1",
            .name = i ? "triage" : "nightly bump",
            .what = "active for 3m",
            .loses = "the running tool call",
            .note = "",
            .progress = room->progress[i],
        };
        op->n_done += room->progress[i] == OP_ITEM_done;
    }
    op->items = items;
    op->n_items = 2;
    lines[0] = (struct op_line){OP_LINE_call, 0, "POST /v1/environments/env_a/work/work_1/stop"};
    lines[1] = (struct op_line){OP_LINE_warning, 0, "polling workers will claim new work"};
    lines[2] = (struct op_line){OP_LINE_step, clock_wall_ms(), room->step};
    op->lines = lines;
    op->n_lines = room->step ? 3 : 2;
    store_publish(room->store, SLOT_ops, arena, op, 1);
}

static void
go(struct room *room, enum op_state state, const char *summary)
{
    room->op.state = state;
    room->op.summary = summary;
    if (op_state_is_over(state))
        room->op.ended_ms = clock_wall_ms();
    publish(room);
}

/* ---- what is ordered ---- */

static void
hear(struct room *room, const char *what)
{
    pthread_mutex_lock(&room->lock);
    snprintf(room->heard + strlen(room->heard), HEARD_BYTES - strlen(room->heard), "%s; ", what);
    pthread_mutex_unlock(&room->lock);
}

static void
make_plan(struct room *room, const struct op_order *order)
{
    const struct room_plan *plan = room->plan;
    TEXT(what, 512);

    text_addf(&what, "plan %s %s", op_verb(order->op), op_object(order->op));
    for (size_t i = 0; i < order->n_ids; i++)
        text_addf(&what, " %s", order->ids[i]);
    if (order->grace_ms >= 0)
        text_addf(&what, " grace %" PRId64, order->grace_ms);
    hear(room, what.bytes);
    if (plan->is_silent)
        return;
    snprintf(room->object_id, sizeof(room->object_id), "%s", order->ids[0]);
    snprintf(room->id, sizeof(room->id), "op_1");
    room->op = (struct op){
        .ticket = order->ticket,
        .kind = order->op,
        .object_name = "eu-west",
        .pool_id = "",
        .phase = "",
        .user = "alice",
        .host = "ops1",
        .ssh_client = "",
        .reason = "",
        .choices = plan->choices,
        .choices_offered = plan->choices_offered,
        .must_type = plan->must_type ? plan->must_type : "",
        .must_retype = plan->must_retype ? plan->must_retype : "",
        .why_retype = plan->must_retype ? "it is the last one" : "",
        .planned_ms = clock_wall_ms(),
        .remaining_ms = -1,
        .offer_text = "",
        .is_headless = order->is_headless,
    };
    go(room, plan->refusal ? OP_STATE_refused : OP_STATE_planned,
       plan->refusal ? plan->refusal : "two jobs will be stopped");
}

static void
choose(struct room *room, const struct op_order *order)
{
    TEXT(what, 512);

    text_add(&what, "choose");
    for (int i = 0; i < OP_CHOICE_COUNT; i++)
        if (order->choices & 1u << i)
            text_addf(&what, " %s", op_choice_name((enum op_choice)i));
    hear(room, what.bytes);
    room->op.choices = order->choices;
    go(room, OP_STATE_planned, room->op.summary);
}

/* It offers, with the moment from which force may be ordered. */
static void
offer(struct room *room)
{
    room->op.offer = room->plan->offer;
    room->op.offer_text = "work_2 does not stop";
    room->op.grace_until_ms = clock_wall_ms() + room->plan->grace_ms;
    go(room, OP_STATE_asking, "work_2 does not stop");
}

static void
work(struct room *room)
{
    room->op.phase = "stopping jobs";
    room->op.started_ms = clock_wall_ms();
    room->step = "stop work_1: 204";
    room->progress[0] = OP_ITEM_done;
    room->progress[1] = OP_ITEM_taken;
    go(room, OP_STATE_running, "stopping two jobs");
    if (room->plan->signal)
        kill(getpid(), room->plan->signal);
    switch (room->plan->manner) {
    case ROOM_does_it:
    case ROOM_half:
        room->progress[1] = room->plan->manner == ROOM_half ? OP_ITEM_failed : OP_ITEM_done;
        go(room, OP_STATE_done, "nothing of it is left");
        break;
    case ROOM_fails:
        go(room, OP_STATE_failed, "the service refused");
        break;
    case ROOM_asks:
        offer(room);
        break;
    case ROOM_never_ends:
    case ROOM_is_deaf:
        break;
    }
}

/* It had begun meanwhile: one look shows how far it is, and none shows it on its way to its end. */
static void
turn_out(struct room *room)
{
    if (room->plan->manner != ROOM_does_it) {
        work(room);
        return;
    }
    room->op.started_ms = clock_wall_ms();
    room->progress[0] = room->progress[1] = OP_ITEM_done;
    go(room, OP_STATE_done, "nothing of it is left");
}

static void
be_confirmed(struct room *room, const struct op_order *order)
{
    TEXT(what, 512);

    text_addf(&what, "confirm %s/%s %s", order->typed, order->retyped, order->reason);
    hear(room, what.bytes);
    if (room->plan->is_stalled || room->plan->is_lost)
        return;
    room->op.confirmed_ms = clock_wall_ms();
    if (room->plan->is_overtaken && !*room->op.must_retype) {
        room->op.must_retype = "last one";
        room->op.why_retype = "bob@ops2 is at it";
        go(room, OP_STATE_planned, "not confirmed: bob@ops2 is at it");
    } else if (room->plan->is_unmoved)
        go(room, OP_STATE_planned, "not confirmed: the name to type is another");
    else if (strcmp(order->typed, room->op.must_type) == 0 &&
             strcmp(order->retyped, room->op.must_retype) == 0)
        work(room);
    else
        go(room, OP_STATE_refused, "another name was typed");
}

static void
be_cancelled(struct room *room)
{
    hear(room, "cancel");
    go(room, OP_STATE_stopping, "cancelled");
    if (room->plan->second_signal)
        kill(getpid(), room->plan->second_signal);
    if (room->plan->manner != ROOM_is_deaf)
        go(room, OP_STATE_cancelled, "cancelled by the operator");
}

static void
be_forced(struct room *room, const struct op_order *order)
{
    TEXT(what, 512);

    text_addf(&what, "force %s", order->typed);
    hear(room, what.bytes);
    pthread_mutex_lock(&room->lock);
    room->forced_ms = clock_wall_ms() - room->op.confirmed_ms;
    pthread_mutex_unlock(&room->lock);
    room->op.offer = OP_OFFER_nothing;
    room->progress[1] = OP_ITEM_done;
    go(room, OP_STATE_done, "forced");
}

static void
obey(struct room *room, const struct op_order *order)
{
    TEXT(what, 512);

    switch (order->kind) {
    case ORDER_plan:
        make_plan(room, order);
        break;
    case ORDER_choose:
        choose(room, order);
        break;
    case ORDER_confirm:
        be_confirmed(room, order);
        break;
    case ORDER_cancel:
        be_cancelled(room);
        break;
    case ORDER_force:
        be_forced(room, order);
        break;
    case ORDER_message:
    case ORDER_keep:
        text_addf(&what, "%s %s", order->kind == ORDER_keep ? "keep" : "message", order->typed);
        hear(room, what.bytes);
        room->op.offer = OP_OFFER_nothing;
        room->progress[1] = OP_ITEM_done;
        go(room, OP_STATE_done, "it went on");
        break;
    case ORDER_resume:
        hear(room, "resume");
        work(room);
        break;
    case ORDER_dismiss:
        hear(room, "dismiss");
        if (room->op.state == OP_STATE_planned && room->plan->is_stalled)
            turn_out(room);
        else if (room->op.state == OP_STATE_planned)
            go(room, OP_STATE_cancelled, "not confirmed: nothing was done");
        else
            go(room, OP_STATE_dismissed, "set aside");
        break;
    case ORDER_arm:
    case ORDER_disarm:
        hear(room, "arm");
        break;
    }
}

static void
show_interrupted(struct room *room)
{
    snprintf(room->id, sizeof(room->id), "%s", room->plan->interrupted);
    snprintf(room->object_id, sizeof(room->object_id), "env_a");
    room->op = (struct op){
        .kind = OP_drain_pool,
        .object_name = "eu-west",
        .pool_id = "env_a",
        .phase = "stopping jobs",
        .user = "alice",
        .host = "ops1",
        .ssh_client = "",
        .reason = "",
        .must_type = "",
        .must_retype = "",
        .why_retype = "",
        .remaining_ms = -1,
        .offer = OP_OFFER_resume,
        .offer_text = "its program ended",
    };
    go(room, OP_STATE_interrupted, "its program ended in the middle");
}

static void *
run(void *context)
{
    struct room *room = context;

    if (room->plan->interrupted)
        show_interrupted(room);
    publish_control(room);
    for (;;) {
        struct pollfd fds[] = {
            {.fd = store_wish_fd(room->store, WISH_FOR_ops), .events = POLLIN},
            {.fd = room->stop_fd, .events = POLLIN},
        };
        struct wish wish;

        (void)poll(fds, COUNT_OF(fds), -1);
        while (store_take_wish(room->store, WISH_FOR_ops, &wish)) {
            if (wish.kind == WISH_order)
                obey(room, wish.order);
            op_order_free(wish.order);
        }
        if (fds[1].revents)
            return NULL;
    }
}

struct room *
room_start(struct store *store, const struct room_plan *plan)
{
    struct room *room = calloc(1, sizeof(*room));
    struct err err = {0};

    if (!room)
        die("out of memory");
    room->store = store;
    room->plan = plan;
    room->forced_ms = -1;
    room->stop_fd = eventfd(0, EFD_CLOEXEC);
    pthread_mutex_init(&room->lock, NULL);
    if (!thread_start(&room->thread, "room", run, room, &err))
        die("%s", err.message);
    return room;
}

/* What was ordered before is still heard: the thread empties its queue first. */
static void
end_thread(struct room *room)
{
    if (room->stop_fd < 0)
        return;
    (void)!write(room->stop_fd, &(uint64_t){1}, sizeof(uint64_t));
    pthread_join(room->thread, NULL);
    close(room->stop_fd);
    room->stop_fd = -1;
}

const char *
room_heard(struct room *room)
{
    end_thread(room);
    return room->heard;
}

int64_t
room_forced_after_ms(struct room *room)
{
    end_thread(room);
    return room->forced_ms;
}

void
room_stop(struct room *room)
{
    end_thread(room);
    pthread_mutex_destroy(&room->lock);
    free(room);
}
