#include "probe/proxy.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/arena.h"
#include "core/clock.h"
#include "core/die.h"
#include "core/text.h"
#include "model/store.h"
#include "probe/attempt.h"
#include "probe/capture.h"
#include "probe/certificate.h"
#include "probe/disk.h"
#include "probe/proxyconf.h"
#include "probe/serving.h"
#include "probe/stranger.h"
#include "probe/upstreams.h"

enum {
    EVERY_MS = 60000,
    NEWS_MS = 1000, /* after something new in the log: others may follow */
    CONFIG_LARGEST_BYTES = 1 << 20,
    LONGEST_WORD = 256,
};

enum { CAPTURE_ca, CAPTURE_server, CAPTURES };

struct proxy_watch {
    const struct probe_proxy *options;
    struct tools *tools;
    struct store *store;
    struct upstreams *upstreams;
    struct timer pass;
    struct log_watch *log; /* NULL: none is configured */
    struct capture captures[CAPTURES];
    size_t n_capturing;
    int64_t captured_ms; /* monotonic: when they were last begun; 0: never */
    struct serving serving;
    struct stranger_probe stranger;
    struct source_status status;
};

static const char *
either(const char *configured, const char *found)
{
    return configured ? configured : found;
}

/* ---- a pass ---- */

static void
read_config(const struct proxy_watch *watch, struct arena *arena, struct proxy *out)
{
    struct certificate_file file =
        disk_read(arena, watch->options->config_file, CONFIG_LARGEST_BYTES);
    struct proxyconf_files files;
    struct err err = {ERR_NONE, ""};
    const char *name = strrchr(file.path, '/');

    out->config.path = text_clean_dup(arena, file.path, LONGEST_WORD);
    out->config.error = text_clean_dup(arena, file.error, LONGEST_WORD);
    out->tunnel_domain = out->listen_address = "";
    if (!*file.path || *file.error)
        return;
    if (!proxyconf_read(arena, name ? name + 1 : file.path, file.bytes, file.n, out, &files, &err))
        out->config.error = arena_strdup(arena, err.message);
}

static const char *
read_domain(struct arena *arena, const char *data_dir)
{
    struct certificate_file file =
        disk_read(arena, disk_find(arena, data_dir, "tunnel-domain"), LONGEST_WORD);

    return text_clean_dup(arena, file.bytes, strcspn(file.bytes, " \r\n"));
}

/* What a program printed, as if it were a file of that name. */
static struct certificate_file
read_capture(struct arena *arena, const struct capture *capture)
{
    return (struct certificate_file){
        .path = arena_printf(arena, "command %.60s", capture->argv[0]),
        .is_printed = true,
        .error = arena_strdup(arena, capture->why.message),
        .bytes = capture->n > 0 ? capture->bytes : "",
        .n = capture->n,
    };
}

static struct certificate_file
read_certificate(const struct proxy_watch *watch, struct arena *arena, int which,
                 const char *configured, const char *name)
{
    if (watch->captures[which].argv)
        return read_capture(arena, &watch->captures[which]);
    return disk_read(arena, either(configured, disk_find(arena, watch->options->data_dir, name)),
                     CERTIFICATE_LARGEST_BYTES);
}

/* In a data folder the CA may have any name. */
static const char *
find_authority(struct arena *arena, const struct probe_proxy *options)
{
    const char *usual = disk_find(arena, options->data_dir, "ca.crt");

    if (options->ca_file)
        return options->ca_file;
    return *usual ? usual : disk_find_authority(arena, options->data_dir);
}

static const char *
find_authority_key(struct arena *arena, const char *folder, const struct certificate_file *ca)
{
    const char *usual = disk_find(arena, folder, "ca.key");

    return *usual ? usual : disk_find_key(arena, folder, ca);
}

static void
read_certificates(struct proxy_watch *watch, struct arena *arena, struct proxy *out)
{
    const struct probe_proxy *options = watch->options;
    const char *data = options->data_dir;
    struct certificate_files files = {
        .ca = read_certificate(watch, arena, CAPTURE_ca, find_authority(arena, options), ""),
        .server = read_certificate(watch, arena, CAPTURE_server, options->cert_file, "tls.crt"),
        .key = disk_read(arena, either(options->key_file, disk_find(arena, data, "tls.key")),
                         CERTIFICATE_LARGEST_BYTES),
        .has_data_folder = data != NULL,
    };

    files.stray_ca_key = find_authority_key(arena, data, &files.ca);
    certificate_check(&files, arena, out);
    serving_show(&watch->serving, &files.ca, arena, out);
    if (files.key.n > 0)
        explicit_bzero((char *)(uintptr_t)files.key.bytes, files.key.n);
}

static void
show_waivers(const struct probe_proxy *options, struct arena *arena, struct proxy *out)
{
    struct waiver *waivers = arena_array(arena, options->n_waivers, sizeof(*waivers));

    for (size_t i = 0; i < options->n_waivers; i++) {
        const struct probe_waiver *from = &options->waivers[i];

        waivers[i] = (struct waiver){
            .route = text_clean_dup(arena, from->route, LONGEST_WORD),
            .check = text_clean_dup(arena, from->check, LONGEST_WORD),
            .who = text_clean_dup(arena, from->who, LONGEST_WORD),
            .why = text_clean_dup(arena, from->why, LONGEST_WORD),
        };
    }
    out->waivers = waivers;
    out->n_waivers = options->n_waivers;
}

static bool
is_configured(const struct probe_proxy *options)
{
    return options->config_file || options->ca_file || options->cert_file || options->key_file ||
           options->data_dir || options->ca_command || options->cert_command || options->log.file ||
           options->log.command;
}

static void
fill_status(struct proxy_watch *watch, const struct proxy *proxy)
{
    struct source_status *status = &watch->status;
    struct text error = {.bytes = status->error, .size = sizeof(status->error)};

    text_clear(&error);
    if (!serving_is_asking(&watch->serving)) /* else the pass after its answer is the round */
        status->rounds++;
    status->interval_ms = EVERY_MS;
    status->tried_at_ms = clock_wall_ms();
    if (!proxy) {
        status->state = SOURCE_STATE_disabled;
        status->code = ERR_CONFIG;
        text_add(&error, "no proxy is configured (proxy.config_file)");
    } else if (*proxy->config.error) {
        status->failures++;
        status->state = SOURCE_STATE_error;
        status->code = ERR_IO;
        if (status->failing_since_ms == 0)
            status->failing_since_ms = status->tried_at_ms;
        text_add(&error, proxy->config.error);
    } else {
        status->failures = 0;
        status->failing_since_ms = 0;
        status->state = SOURCE_STATE_ok;
        status->code = ERR_NONE;
        status->ok_at_ms = status->tried_at_ms;
    }
}

static void
run_pass(struct proxy_watch *watch)
{
    struct arena *arena = arena_new();
    struct proxy *row = arena_alloc(arena, sizeof(*row));
    bool is_there = is_configured(watch->options);

    row->tunnel_domain = row->listen_address = "";
    if (is_there) {
        read_config(watch, arena, row);
        row->data_domain = read_domain(arena, watch->options->data_dir);
        read_certificates(watch, arena, row);
        show_waivers(watch->options, arena, row);
        stranger_set_host(&watch->stranger, serving_host(row));
        stranger_show(&watch->stranger, arena, &row->stranger);
        log_watch_look(watch->log);
        log_watch_show(watch->log, arena, &row->log);
        row->at_ms = clock_wall_ms();
        timer_set(watch->tools->loop, &watch->pass, clock_mono_us() + EVERY_MS * INT64_C(1000));
    }
    upstreams_set(watch->upstreams, row);
    fill_status(watch, is_there ? row : NULL);
    store_publish(watch->store, SLOT_proxies, arena, row, is_there ? 1 : 0);
    store_source(watch->store, SOURCE_proxy, &watch->status);
}

static void
capture_ended(void *context)
{
    struct proxy_watch *watch = context;

    if (--watch->n_capturing == 0)
        run_pass(watch);
}

/* Run the programs that print certificates, not more often than the files are read; false when
 * there is nothing to wait for. */
static bool
begin_captures(struct proxy_watch *watch)
{
    int64_t now_ms = clock_mono_ms();

    if (watch->captured_ms > 0 && now_ms - watch->captured_ms < EVERY_MS)
        return false;
    watch->captured_ms = now_ms;
    for (int i = 0; i < CAPTURES; i++)
        if (watch->captures[i].argv) {
            watch->n_capturing++;
            capture_start(&watch->captures[i]);
        }
    return watch->n_capturing > 0;
}

/* The MCP servers need not wait for the certificates. */
static void
ask_upstreams(struct proxy_watch *watch)
{
    struct arena *arena = arena_new();
    struct proxy *row = arena_alloc(arena, sizeof(*row));

    read_config(watch, arena, row);
    upstreams_set(watch->upstreams, row);
    arena_free(arena);
}

static void
pass_due(void *context)
{
    struct proxy_watch *watch = context;

    if (watch->n_capturing > 0)
        return;
    if (begin_captures(watch))
        ask_upstreams(watch);
    else
        run_pass(watch);
}

static void
news_came(void *context)
{
    struct proxy_watch *watch = context;
    int64_t soon_us = clock_mono_us() + NEWS_MS * INT64_C(1000);

    if (!watch->pass.is_set || watch->pass.due_us > soon_us)
        timer_set(watch->tools->loop, &watch->pass, soon_us);
}

static void
serving_answered(void *context)
{
    struct proxy_watch *watch = context;

    timer_set(watch->tools->loop, &watch->pass, 0);
}

void
proxy_refresh(struct proxy_watch *watch)
{
    watch->captured_ms = 0;
    watch->serving.asked_ms = 0; /* a key asks for everything */
    timer_set(watch->tools->loop, &watch->pass, 0);
}

static void
open_captures(struct proxy_watch *watch)
{
    for (int i = 0; i < CAPTURES; i++)
        watch->captures[i] = (struct capture){
            .argv = i == CAPTURE_ca ? watch->options->ca_command : watch->options->cert_command,
            .most_bytes = CERTIFICATE_LARGEST_BYTES,
            .loop = watch->tools->loop,
            .done = capture_ended,
            .context = watch,
        };
}

static void
open_probes(struct proxy_watch *watch)
{
    const struct probe_proxy *options = watch->options;
    struct serving_plan serving = {
        .address = options->address,
        .tries_exposure = !options->skips_exposure,
        .probes_inner_tls = options->probes_inner_tls,
        .answered = serving_answered,
        .context = watch,
    };

    serving_open(&watch->serving, &serving, watch->tools);
    watch->stranger = (struct stranger_probe){
        .is_on = options->tries_stranger,
        .port = options->stranger_port,
        .tools = watch->tools,
        .log = watch->log,
        .done = news_came,
        .context = watch,
        .requests = -1,
        .requests_before = -1,
    };
}

struct proxy_watch *
proxy_open(const struct probe_proxy *options, struct tools *tools, struct store *store,
           struct upstreams *upstreams)
{
    struct proxy_watch *watch = calloc(1, sizeof(*watch));

    if (!watch)
        die("out of memory");
    watch->options = options;
    watch->tools = tools;
    watch->store = store;
    watch->upstreams = upstreams;
    watch->pass = (struct timer){.due = pass_due, .context = watch};
    watch->log = log_watch_open(&(struct log_plan){options->log, news_came, watch}, tools->loop);
    open_captures(watch);
    open_probes(watch);
    timer_set(tools->loop, &watch->pass, 0);
    return watch;
}

struct stranger_probe *
proxy_stranger(struct proxy_watch *watch)
{
    return &watch->stranger;
}

void
proxy_close(struct proxy_watch *watch)
{
    if (!watch)
        return;
    timer_clear(watch->tools->loop, &watch->pass);
    for (int i = 0; i < CAPTURES; i++)
        capture_stop(&watch->captures[i]);
    log_watch_close(watch->log);
    serving_close(&watch->serving);
    stranger_cancel(&watch->stranger);
    free(watch);
}
