// Times file-system calls from inside: each line is `name nanoseconds-per-call`.
// Usage: calls DIR NAME BIG, where DIR/NAME is a file, DIR/missing is none and
// BIG is a file of at least 1 MiB.
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static char path[512], missing[512], buffer[65536], other[65536];
static const char *big_path;
static int big;

static uint64_t now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static void must(int good, const char *what) {
    if (good)
        return;
    perror(what);
    exit(1);
}

static void open_close(void) {
    int fd = open(path, O_RDONLY);
    must(fd >= 0, "open");
    close(fd);
}

static void stat_present(void) {
    struct stat about;
    must(stat(path, &about) == 0, "stat");
}

static void stat_missing(void) {
    struct stat about;
    must(stat(missing, &about) != 0, "stat of a missing file");
}

static void read_64k(void) {
    if (read(big, buffer, sizeof buffer) < (ssize_t)sizeof buffer)
        must(lseek(big, 0, SEEK_SET) == 0, "lseek");
}

static void pread_4k(void) {
    must(pread(big, buffer, 4096, 8192) == 4096, "pread");
}

// What a read of 64 KiB can't be faster than.
static void memory_copy_64k(void) {
    memcpy(other, buffer, sizeof buffer); // memory.copy with -mbulk-memory
    __asm__ volatile("" ::"r"(other) : "memory");
}

static void measure(const char *name, void (*call)(void), unsigned rounds) {
    for (unsigned i = 0; i < rounds / 10 + 1; i++)
        call();
    uint64_t best = UINT64_MAX;
    for (int repeat = 0; repeat < 5; repeat++) {
        uint64_t start = now();
        for (unsigned i = 0; i < rounds; i++)
            call();
        uint64_t took = now() - start;
        if (took < best)
            best = took;
    }
    printf("%s %.1f\n", name, (double)best / rounds);
}

int main(int argc, char **argv) {
    must(argc == 4, "usage: calls DIR NAME BIG");
    snprintf(path, sizeof path, "%s/%s", argv[1], argv[2]);
    snprintf(missing, sizeof missing, "%s/missing", argv[1]);
    big_path = argv[3];
    big = open(big_path, O_RDONLY);
    must(big >= 0, big_path);
    measure("open+close", open_close, 20000);
    measure("stat", stat_present, 20000);
    measure("missing", stat_missing, 20000);
    measure("pread-4k", pread_4k, 20000);
    measure("read-64k", read_64k, 5000);
    measure("memory.copy-64k", memory_copy_64k, 5000);
    return 0;
}
