#include "ops/inbox.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "core/die.h"
#include "core/secret.h"

struct letter {
    uint64_t tag;
    struct api_answer answer;
    struct letter *next;
};

struct inbox {
    pthread_mutex_t lock;
    struct letter *first, **end; /* guarded by lock */
    int fd;
};

struct inbox *
inbox_new(void)
{
    struct inbox *inbox = calloc(1, sizeof(*inbox));

    if (!inbox)
        die("out of memory");
    pthread_mutex_init(&inbox->lock, NULL);
    inbox->end = &inbox->first;
    inbox->fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    if (inbox->fd < 0)
        die("cannot make an eventfd: %s", strerror(errno));
    return inbox;
}

void
inbox_free(struct inbox *inbox)
{
    struct api_answer answer;
    uint64_t tag;

    if (!inbox)
        return;
    while (inbox_take(inbox, &tag, &answer))
        secret_free(answer.token);
    close(inbox->fd);
    pthread_mutex_destroy(&inbox->lock);
    free(inbox);
}

void
inbox_put(void *context, uint64_t tag, const struct api_answer *answer)
{
    struct inbox *inbox = context;
    struct letter *letter = calloc(1, sizeof(*letter));
    uint64_t one = 1;

    if (!letter)
        die("out of memory");
    letter->tag = tag;
    letter->answer = *answer;
    pthread_mutex_lock(&inbox->lock);
    *inbox->end = letter;
    inbox->end = &letter->next;
    pthread_mutex_unlock(&inbox->lock);
    (void)!write(inbox->fd, &one, sizeof(one));
}

bool
inbox_take(struct inbox *inbox, uint64_t *tag, struct api_answer *out)
{
    struct letter *letter;
    uint64_t count;

    pthread_mutex_lock(&inbox->lock);
    letter = inbox->first;
    if (letter) {
        inbox->first = letter->next;
        if (!inbox->first)
            inbox->end = &inbox->first;
    } else {
        (void)!read(inbox->fd, &count, sizeof(count));
    }
    pthread_mutex_unlock(&inbox->lock);
    if (!letter)
        return false;
    *tag = letter->tag;
    *out = letter->answer;
    free(letter);
    return true;
}

int
inbox_fd(const struct inbox *inbox)
{
    return inbox->fd;
}
