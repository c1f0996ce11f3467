#include "model/store.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "core/arena.h"
#include "core/die.h"

/* The content of one slot at one moment. */
struct dataset {
    struct arena *arena;
    const void *rows;
    size_t n;
    uint64_t version;
    size_t references; /* guarded by store.lock */
};

struct wish_queue {
    struct wish wishes[WISH_QUEUE]; /* guarded by store.lock */
    size_t first, n;                /* guarded by store.lock */
    int fd;
};

struct store {
    pthread_mutex_t lock;
    struct dataset *slot[SLOT_COUNT];          /* guarded by lock */
    struct source_status source[SOURCE_COUNT]; /* guarded by lock */
    uint64_t version;                          /* guarded by lock */
    struct wish_queue queue[WISH_FOR_COUNT];
    int wake_fd;
};

static int
eventfd_new(void)
{
    int fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);

    if (fd < 0)
        die("cannot make an eventfd: %s", strerror(errno));
    return fd;
}

static void
signal_fd(int fd)
{
    uint64_t one = 1;

    (void)!write(fd, &one, sizeof(one)); /* full means readable already */
}

static void
drain_fd(int fd)
{
    uint64_t count;

    (void)!read(fd, &count, sizeof(count));
}

struct store *
store_new(void)
{
    struct store *store = calloc(1, sizeof(*store));

    if (!store)
        die("out of memory");
    pthread_mutex_init(&store->lock, NULL);
    store->wake_fd = eventfd_new();
    for (int i = 0; i < WISH_FOR_COUNT; i++)
        store->queue[i].fd = eventfd_new();
    for (int i = 0; i < SOURCE_COUNT; i++)
        store->source[i].interval_ms = source_interval_ms((enum source)i);
    return store;
}

static void
dataset_free(struct dataset *dataset)
{
    if (!dataset)
        return;
    arena_free(dataset->arena);
    free(dataset);
}

static void
queue_free(struct wish_queue *queue)
{
    for (size_t i = 0; i < queue->n; i++)
        op_order_free(queue->wishes[(queue->first + i) % WISH_QUEUE].order);
    close(queue->fd);
}

void
store_free(struct store *store)
{
    if (!store)
        return;
    for (int i = 0; i < SLOT_COUNT; i++)
        dataset_free(store->slot[i]);
    for (int i = 0; i < WISH_FOR_COUNT; i++)
        queue_free(&store->queue[i]);
    close(store->wake_fd);
    pthread_mutex_destroy(&store->lock);
    free(store);
}

/* What to free once the lock is open again, or NULL. */
static struct dataset *
dereference_locked(struct dataset *dataset)
{
    if (!dataset || --dataset->references > 0)
        return NULL;
    return dataset;
}

void
store_publish(struct store *store, enum slot slot, struct arena *arena, const void *rows, size_t n)
{
    struct dataset *dataset = calloc(1, sizeof(*dataset));
    struct dataset *garbage;

    if (!dataset)
        die("out of memory");
    *dataset = (struct dataset){.arena = arena, .rows = rows, .n = n, .references = 1};
    pthread_mutex_lock(&store->lock);
    dataset->version = store->slot[slot] ? store->slot[slot]->version + 1 : 1;
    garbage = dereference_locked(store->slot[slot]);
    store->slot[slot] = dataset;
    store->version++;
    pthread_mutex_unlock(&store->lock);
    dataset_free(garbage);
    signal_fd(store->wake_fd);
}

void
store_source(struct store *store, enum source source, const struct source_status *status)
{
    struct source_status *now = &store->source[source];
    bool is_news;

    pthread_mutex_lock(&store->lock);
    is_news = now->state != status->state || now->code != status->code ||
              strcmp(now->error, status->error) != 0 || now->rounds != status->rounds;
    *now = *status;
    store->version++;
    pthread_mutex_unlock(&store->lock);
    if (is_news)
        signal_fd(store->wake_fd);
}

int
store_wake_fd(const struct store *store)
{
    return store->wake_fd;
}

void
store_woken(struct store *store)
{
    drain_fd(store->wake_fd);
}

void
store_wake(struct store *store)
{
    signal_fd(store->wake_fd);
}

void
store_snapshot(struct store *store, struct snapshot *out)
{
    memset(out, 0, sizeof(*out));
    pthread_mutex_lock(&store->lock);
    for (int i = 0; i < SLOT_COUNT; i++) {
        struct dataset *dataset = store->slot[i];

        if (!dataset)
            continue;
        dataset->references++;
        out->reference[i] = dataset;
        out->slot[i] =
            (struct rows){.rows = dataset->rows, .n = dataset->n, .version = dataset->version};
    }
    memcpy(out->source, store->source, sizeof(out->source));
    out->version = store->version;
    pthread_mutex_unlock(&store->lock);
}

void
store_release(struct store *store, struct snapshot *snapshot)
{
    struct dataset *garbage[SLOT_COUNT];

    pthread_mutex_lock(&store->lock);
    for (int i = 0; i < SLOT_COUNT; i++)
        garbage[i] = dereference_locked((struct dataset *)snapshot->reference[i]);
    pthread_mutex_unlock(&store->lock);
    for (int i = 0; i < SLOT_COUNT; i++)
        dataset_free(garbage[i]);
    memset(snapshot, 0, sizeof(*snapshot));
}

bool
store_wish(struct store *store, enum wish_for whom, const struct wish *wish)
{
    struct wish_queue *queue = &store->queue[whom];
    bool fits;

    pthread_mutex_lock(&store->lock);
    fits = queue->n < WISH_QUEUE;
    if (fits)
        queue->wishes[(queue->first + queue->n++) % WISH_QUEUE] = *wish;
    pthread_mutex_unlock(&store->lock);
    signal_fd(queue->fd);
    return fits;
}

bool
store_take_wish(struct store *store, enum wish_for whom, struct wish *out)
{
    struct wish_queue *queue = &store->queue[whom];
    bool has_one;

    pthread_mutex_lock(&store->lock);
    has_one = queue->n > 0;
    if (has_one) {
        *out = queue->wishes[queue->first];
        queue->first = (queue->first + 1) % WISH_QUEUE;
        queue->n--;
    } else {
        drain_fd(queue->fd);
    }
    pthread_mutex_unlock(&store->lock);
    return has_one;
}

bool
store_order(struct store *store, struct op_order *order)
{
    if (store_wish(store, WISH_FOR_ops, &(struct wish){.kind = WISH_order, .order = order}))
        return true;
    op_order_free(order);
    return false;
}

int
store_wish_fd(const struct store *store, enum wish_for whom)
{
    return store->queue[whom].fd;
}
