// A program with several initializers: what each leaves is what `main` finds, or finds not.
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define INITIALIZER(name) __attribute__((export_name(#name))) void name(void)

// --- a table read from a file

static unsigned long long total;
static size_t count;

static void parse(void) {
    FILE *file = fopen("/data/numbers.txt", "r");
    char line[64];
    if (!file) {
        perror("/data/numbers.txt");
        abort();
    }
    while (fgets(line, sizeof line, file)) {
        total += strtoull(line, NULL, 10);
        count++;
    }
    fclose(file);
}

INITIALIZER(init_parse) { parse(); }

// --- descriptors, and what was written

static int embedded = -1, written = -1, directory = -1;
static char first[8];

static void put(const char *path, const char *text) {
    FILE *file = fopen(path, "w");
    if (!file || fputs(text, file) < 0 || fclose(file)) {
        perror(path);
        abort();
    }
}

INITIALIZER(init_state) {
    embedded = open("/data/text.txt", O_RDONLY);
    if (embedded < 0 || read(embedded, first, 6) != 6) abort();
    directory = open("/data", O_RDONLY | O_DIRECTORY);
    put("/tmp/made.txt", "made while it was bundled\n");
    if (mkdir("/tmp/dir", 0755)) abort();
    put("/work/seed.txt", "changed while it was bundled\n");
    if (unlink("/work/gone.txt")) abort();
    written = open("/tmp/open.txt", O_RDWR | O_CREAT, 0644);
    if (written < 0 || write(written, "one two\n", 8) != 8 || lseek(written, 4, SEEK_SET) != 4) abort();
}

// --- the surroundings

static char surroundings[512];

INITIALIZER(init_surroundings) {
    char byte;
    const char *home = getenv("HOME_OF_INIT");
    snprintf(surroundings, sizeof surroundings, "HOME_OF_INIT=%s PATH=%s host=%d cwd=%d stdin=%d", home ? home : "-",
             getenv("PATH") ? "set" : "-", open("/host/outside.txt", O_RDONLY), open("outside.txt", O_RDONLY),
             (int)read(0, &byte, 1));
    printf("looked around\n");
    fprintf(stderr, "nothing to see\n");
    fflush(stdout);
}

// --- what an initializer must not do

INITIALIZER(init_random) {
    unsigned char seed[16];
    if (getentropy(seed, sizeof seed)) abort();
}
INITIALIZER(init_clock) { total = (unsigned long long)time(NULL); }
INITIALIZER(init_exit) {
    fprintf(stderr, "the configuration is missing\n");
    exit(4);
}

// --- what is run

static void show(const char *path) {
    char line[256];
    FILE *file = fopen(path, "r");
    if (!file) {
        printf("%s: %s\n", path, strerror(errno));
        return;
    }
    while (fgets(line, sizeof line, file)) printf("%s: %s", path, line);
    fclose(file);
}

static void list(const char *path) {
    DIR *open = opendir(path);
    struct dirent *entry;
    printf("%s/:", path);
    if (!open) printf(" %s", strerror(errno));
    while (open && (entry = readdir(open)))
        if (entry->d_name[0] != '.') printf(" %s", entry->d_name);
    if (open) closedir(open);
    putchar('\n');
}

int main(int argc, char **argv) {
    char rest[64] = "";
    if (argc > 1 && !strcmp(argv[1], "parse")) {
        int warm = count > 0;
        if (!warm) parse();
        printf("%s: %zu numbers, %llu\n", warm ? "warm" : "cold", count, total);
        return 0;
    }
    if (argc > 1 && !strcmp(argv[1], "time")) {
        printf("%llu\n", total);
        return 0;
    }
    if (surroundings[0]) printf("%s\n", surroundings);
    if (embedded >= 0) {
        ssize_t length = read(embedded, rest, sizeof rest - 1);
        printf("embedded: %d `%s` then %zd `%.4s`\n", embedded, first, length, rest);
        int fd = openat(directory, "text.txt", O_RDONLY);
        printf("directory: %d leads to %d\n", directory, fd);
        close(fd);
        memset(rest, 0, sizeof rest);
        length = read(written, rest, sizeof rest - 1);
        printf("written: %d %zd `%.3s`\n", written, length, rest);
        list("/tmp");
        show("/tmp/made.txt");
        show("/tmp/open.txt");
        list("/work");
        show("/work/seed.txt");
        printf("next: %d\n", open("/data/text.txt", O_RDONLY));
    }
    for (int i = 1; i < argc; i++) show(argv[i]);
    return 0;
}
