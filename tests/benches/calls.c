// Times file-system calls from inside: each line is `name nanoseconds-per-call`, for `readdir` and `walk` per entry.
// Usage: calls ROOT DIR NAME BIG [lists] [no-pread], where ROOT is walked, DIR/NAME is a file in it, DIR/missing is none and
// BIG is a file of at least 1 MiB. Without `lists` nothing is listed: hosts take minutes for very large directories. `no-pread`
// is for file systems that have none.
#include <dirent.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static char path[512], missing[512], buffer[65536], other[65536];
static const char *root, *directory;
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

static unsigned open_close(void) {
    int fd = open(path, O_RDONLY);
    must(fd >= 0, "open");
    close(fd);
    return 1;
}

static unsigned stat_present(void) {
    struct stat about;
    must(stat(path, &about) == 0, "stat");
    return 1;
}

static unsigned stat_missing(void) {
    struct stat about;
    must(stat(missing, &about) != 0, "stat of a missing file");
    return 1;
}

static unsigned read_on(size_t size) {
    if (read(big, buffer, size) < (ssize_t)size)
        must(lseek(big, 0, SEEK_SET) == 0, "lseek");
    return 1;
}

static unsigned read_4k(void) { return read_on(4096); }

static unsigned read_64k(void) { return read_on(sizeof buffer); }

static unsigned pread_4k(void) {
    must(pread(big, buffer, 4096, 8192) == 4096, "pread");
    return 1;
}

// What a read of 64 KiB can't be faster than.
static unsigned memory_copy_64k(void) {
    memcpy(other, buffer, sizeof buffer); // memory.copy with -mbulk-memory
    __asm__ volatile("" ::"r"(other) : "memory");
    return 1;
}

// Opens, reads and closes one directory; how many names it has.
static unsigned read_directory(void) {
    DIR *all = opendir(directory);
    must(all != NULL, directory);
    unsigned names = 0;
    while (readdir(all) != NULL)
        names++;
    closedir(all);
    return names;
}

static unsigned walk_below(const char *at) {
    DIR *all = opendir(at);
    must(all != NULL, at);
    unsigned names = 0;
    for (struct dirent *entry; (entry = readdir(all)) != NULL;) {
        char below[512];
        struct stat about;
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        snprintf(below, sizeof below, "%s/%s", at, entry->d_name);
        must(lstat(below, &about) == 0, below);
        names += 1 + (S_ISDIR(about.st_mode) ? walk_below(below) : 0);
    }
    closedir(all);
    return names;
}

// Lists the whole tree and asks what each of its entries is.
static unsigned walk(void) { return walk_below(root); }

// The best of five times, each of at least 20 ms: what disturbs only adds, and little to what takes a second.
static void measure(const char *name, unsigned (*call)(void)) {
    const uint64_t least = 20000000, long_enough = 1000000000;
    double best = 1e300;
    uint64_t took = 0;
    for (int repeat = 0; repeat < 5 && took < long_enough; repeat++) {
        uint64_t start = now();
        unsigned done = 0;
        for (unsigned batch = 1;; batch += batch) {
            for (unsigned i = 0; i < batch; i++)
                done += call();
            if ((took = now() - start) >= least)
                break;
        }
        if ((double)took / done < best)
            best = (double)took / done;
    }
    printf("%s %.1f\n", name, best);
}

static int asked(char **argv, const char *word) {
    while (*argv != NULL && strcmp(*argv, word) != 0)
        argv++;
    return *argv != NULL;
}

int main(int argc, char **argv) {
    must(argc >= 5, "usage: calls ROOT DIR NAME BIG [lists] [no-pread]");
    root = argv[1];
    directory = argv[2];
    snprintf(path, sizeof path, "%s/%s", directory, argv[3]);
    snprintf(missing, sizeof missing, "%s/missing", directory);
    big = open(argv[4], O_RDONLY);
    must(big >= 0, argv[4]);
    measure("open+close", open_close);
    measure("stat", stat_present);
    measure("missing", stat_missing);
    measure("read-4k", read_4k);
    if (!asked(argv + 5, "no-pread"))
        measure("pread-4k", pread_4k);
    measure("read-64k", read_64k);
    measure("memory.copy-64k", memory_copy_64k);
    if (asked(argv + 5, "lists")) {
        measure("readdir", read_directory);
        measure("walk", walk);
    }
    return 0;
}
