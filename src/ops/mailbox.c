#include "ops/mailbox.h"

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

struct mailbox {
    pthread_mutex_t lock;
    struct letter *first, **end; /* guarded by lock */
    int fd;
};

struct mailbox *
mailbox_new(void)
{
    struct mailbox *mailbox = calloc(1, sizeof(*mailbox));

    if (!mailbox)
        die("out of memory");
    pthread_mutex_init(&mailbox->lock, NULL);
    mailbox->end = &mailbox->first;
    mailbox->fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    if (mailbox->fd < 0)
        die("cannot make an eventfd: %s", strerror(errno));
    return mailbox;
}

void
mailbox_free(struct mailbox *mailbox)
{
    struct api_answer answer;
    uint64_t tag;

    if (!mailbox)
        return;
    while (mailbox_take(mailbox, &tag, &answer))
        secret_free(answer.token);
    close(mailbox->fd);
    pthread_mutex_destroy(&mailbox->lock);
    free(mailbox);
}

void
mailbox_put(void *context, uint64_t tag, const struct api_answer *answer)
{
    struct mailbox *mailbox = context;
    struct letter *letter = calloc(1, sizeof(*letter));
    uint64_t one = 1;

    if (!letter)
        die("out of memory");
    letter->tag = tag;
    letter->answer = *answer;
    pthread_mutex_lock(&mailbox->lock);
    *mailbox->end = letter;
    mailbox->end = &letter->next;
    pthread_mutex_unlock(&mailbox->lock);
    (void)!write(mailbox->fd, &one, sizeof(one));
}

bool
mailbox_take(struct mailbox *mailbox, uint64_t *tag, struct api_answer *out)
{
    struct letter *letter;
    uint64_t count;

    pthread_mutex_lock(&mailbox->lock);
    letter = mailbox->first;
    if (letter) {
        mailbox->first = letter->next;
        if (!mailbox->first)
            mailbox->end = &mailbox->first;
    } else {
        (void)!read(mailbox->fd, &count, sizeof(count));
    }
    pthread_mutex_unlock(&mailbox->lock);
    if (!letter)
        return false;
    *tag = letter->tag;
    *out = letter->answer;
    free(letter);
    return true;
}

int
mailbox_fd(const struct mailbox *mailbox)
{
    return mailbox->fd;
}
