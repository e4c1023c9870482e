// Loaded into a program, it steps the wall clock that the program sees by the seconds that a file says, and leaves the
// monotonic clock alone: what an administrator or NTP does to the whole machine.

#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

int clock_gettime(clockid_t clock, struct timespec *time) {
    int result = syscall(SYS_clock_gettime, clock, time);
    const char *path = getenv("CLOCK_STEP");
    if (result != 0 || clock != CLOCK_REALTIME || path == NULL)
        return result;
    FILE *file = fopen(path, "re");
    long seconds = 0;
    if (file != NULL) {
        if (fscanf(file, "%ld", &seconds) == 1)
            time->tv_sec += seconds;
        fclose(file);
    }
    return 0;
}
