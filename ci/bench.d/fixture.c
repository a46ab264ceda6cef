/* The target of the benchmark: the cheapest program that still has something to clean up.
 *
 * It says "ready", waits for any signal that it can catch, takes argv[1] milliseconds over its cleanup
 * (none by default), says "cleanup" and exits with 0. Ten signals are caught, so that a matrix of ten
 * terminations makes ten cells of it.
 *
 * The wait is sigsuspend(2) with the signals blocked before it: a signal that arrives between "ready" and
 * the wait is not lost.
 */
#define _GNU_SOURCE
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static const int caught[] = {SIGHUP,  SIGINT,  SIGQUIT, SIGUSR1,   SIGUSR2,
                             SIGALRM, SIGTERM, SIGXCPU, SIGVTALRM, SIGPROF};

static void nothing(int number) { (void)number; }

static int say(const char *line) {
    size_t length = strlen(line);
    return write(STDOUT_FILENO, line, length) == (ssize_t)length;
}

int main(int argc, char **argv) {
    sigset_t blocked, before;
    struct sigaction action;

    memset(&action, 0, sizeof action);
    action.sa_handler = nothing;
    sigemptyset(&blocked);
    for (size_t i = 0; i < sizeof caught / sizeof *caught; i++)
        sigaddset(&blocked, caught[i]);
    sigprocmask(SIG_BLOCK, &blocked, &before);
    for (size_t i = 0; i < sizeof caught / sizeof *caught; i++)
        sigaction(caught[i], &action, NULL);

    if (!say("ready\n"))
        return 2;
    sigsuspend(&before);

    long milliseconds = argc > 1 ? atol(argv[1]) : 0;
    if (milliseconds > 0) {
        struct timespec left = {milliseconds / 1000, milliseconds % 1000 * 1000000L};
        while (nanosleep(&left, &left) != 0)
            ; /* a second signal does not make the cleanup shorter */
    }
    return say("cleanup\n") ? 0 : 3;
}
