/* The floor under any harness for shutdown tests on Linux: the least that can be done per case.
 *
 * For each case: pipe2, posix_spawn (which shares memory with the child until exec, so it does not copy
 * page tables), pidfd_open, poll until the target says "ready", pidfd_send_signal(SIGTERM), poll until the
 * pipe is at its end and the pidfd says that the process is gone, waitid. No scenario, no private folder, no
 * census, no record. `ci/bench` reports what lastrites takes beside it.
 *
 * usage: floor CASES IN_FLIGHT PROGRAM [ARGUMENT]
 * Exit status: 0 when every case said "cleanup" and exited with 0, else 1.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

enum { OUTPUT = 256 };

/* A case in flight. Entry i of `cases` owns the entries 2i (output) and 2i+1 (exit) of `watched`. */
struct one {
    int pidfd;
    int output;
    int signalled;
    int succeeded;
    size_t length;
    char text[OUTPUT];
};

static struct one *cases;
static struct pollfd *watched;
static int in_flight;

static void fail(const char *what) {
    perror(what);
    exit(1);
}

static void start(char **command, const posix_spawnattr_t *attributes) {
    struct one *one = &cases[in_flight];
    posix_spawn_file_actions_t actions;
    int ends[2];
    pid_t pid;

    if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) != 0)
        fail("pipe2");
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
    errno = posix_spawn(&pid, command[0], &actions, attributes, command, environ);
    if (errno != 0)
        fail(command[0]);
    posix_spawn_file_actions_destroy(&actions);
    close(ends[1]);

    memset(one, 0, offsetof(struct one, text));
    one->output = ends[0];
    one->pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
    if (one->pidfd < 0)
        fail("pidfd_open");
    watched[2 * in_flight] = (struct pollfd){.fd = one->output, .events = POLLIN};
    watched[2 * in_flight + 1] = (struct pollfd){.fd = one->pidfd, .events = POLLIN};
    in_flight++;
}

/* Reads what there is; at the end of the pipe its entry is no longer watched. */
static void read_output(struct one *one, struct pollfd *entry) {
    for (;;) {
        ssize_t got = read(one->output, one->text + one->length, OUTPUT - 1 - one->length);
        if (got > 0) {
            one->length += (size_t)got;
            one->text[one->length] = 0;
            continue;
        }
        if (got == 0)
            entry->fd = -1;
        else if (errno != EAGAIN)
            fail("read");
        break;
    }
    if (!one->signalled && one->length > 0 && strstr(one->text, "ready\n") != NULL) {
        if (syscall(SYS_pidfd_send_signal, one->pidfd, SIGTERM, NULL, 0) != 0)
            fail("pidfd_send_signal");
        one->signalled = 1;
    }
}

static void reap(struct one *one, struct pollfd *entry) {
    siginfo_t info;
    if (waitid(P_PIDFD, (id_t)one->pidfd, &info, WEXITED) != 0)
        fail("waitid");
    one->succeeded = info.si_code == CLD_EXITED && info.si_status == 0;
    entry->fd = -1;
}

/* Takes case i out; the last one takes its place, so that poll sees no gaps. */
static int finish(int i) {
    struct one *one = &cases[i];
    int good = one->succeeded && one->length > 0 && strstr(one->text, "cleanup\n") != NULL;
    close(one->output);
    close(one->pidfd);
    in_flight--;
    if (i != in_flight) {
        cases[i] = cases[in_flight];
        watched[2 * i] = watched[2 * in_flight];
        watched[2 * i + 1] = watched[2 * in_flight + 1];
    }
    return good;
}

int main(int argc, char **argv) {
    if (argc < 4) {
        fprintf(stderr, "usage: floor CASES IN_FLIGHT PROGRAM [ARGUMENT]\n");
        return 2;
    }
    int total = atoi(argv[1]), most = atoi(argv[2]), started = 0, good = 0;
    char *command[] = {argv[3], argc > 4 ? argv[4] : NULL, NULL};
    cases = calloc((size_t)most, sizeof *cases);
    watched = calloc(2 * (size_t)most, sizeof *watched);

    /* The clean state that a harness owes its targets: default dispositions, an empty mask, an own group. */
    posix_spawnattr_t attributes;
    sigset_t none, all;
    sigemptyset(&none);
    sigfillset(&all);
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setsigdefault(&attributes, &all);
    posix_spawnattr_setpgroup(&attributes, 0);
    posix_spawnattr_setflags(&attributes,
                             POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP);

    while (started < total || in_flight > 0) {
        while (started < total && in_flight < most) {
            start(command, &attributes);
            started++;
        }
        if (poll(watched, 2 * (nfds_t)in_flight, 60000) <= 0)
            fail("poll");
        /* From the last to the first: `finish` moves only entries that were looked at already. */
        for (int i = in_flight - 1; i >= 0; i--) {
            struct pollfd *output = &watched[2 * i], *gone = &watched[2 * i + 1];
            if (output->fd >= 0 && output->revents != 0)
                read_output(&cases[i], output);
            if (gone->fd >= 0 && gone->revents != 0)
                reap(&cases[i], gone);
            if (output->fd < 0 && gone->fd < 0)
                good += finish(i);
        }
    }
    printf("%d of %d cases\n", good, total);
    return good == total ? 0 : 1;
}
