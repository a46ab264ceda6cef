/* Runs a command and says what it took: `measure COMMAND…` prints one line of JSON to descriptor 3, with wall
 * time and CPU time in seconds, peak memory in KiB, and the wait status. CPU and memory include descendants
 * that were waited for (wait4(2), getrusage(2): ru_maxrss is that of the largest process, not of the tree).
 *
 * Why a program and not the driver itself: Linux carries the peak memory of a process over exec, so a child of
 * an interpreter would start with the interpreter's.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <spawn.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>

extern char **environ;

static double seconds(struct timeval time) { return (double)time.tv_sec + (double)time.tv_usec * 1e-6; }

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec * 1e-9;
}

int main(int argc, char **argv) {
    struct rusage usage;
    pid_t pid;
    int status;

    if (argc < 2)
        return 2;
    double begin = now();
    errno = posix_spawnp(&pid, argv[1], NULL, NULL, argv + 1, environ);
    if (errno != 0) {
        perror(argv[1]);
        return 127;
    }
    while (wait4(pid, &status, 0, &usage) < 0)
        if (errno != EINTR)
            return 126;
    double end = now();
    dprintf(3, "{\"wall\": %.6f, \"cpu\": %.6f, \"peak_kib\": %ld, \"status\": %d}\n", end - begin,
            seconds(usage.ru_utime) + seconds(usage.ru_stime), usage.ru_maxrss, status);
    return 0;
}
