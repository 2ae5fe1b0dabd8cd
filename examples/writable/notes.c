// Adds its arguments to a file of notes and prints all of them as a page: an
// ordinary C program that writes where its environment tells it to.
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static FILE *open_file(const char *path, const char *mode) {
    FILE *file = fopen(path, mode);
    if (!file) {
        fprintf(stderr, "notes: %s: %s\n", path, strerror(errno));
        exit(1);
    }
    return file;
}

static void close_file(FILE *file, const char *path) {
    int failed = ferror(file);
    if (fclose(file) != 0 || failed) { // no space left, say
        fprintf(stderr, "notes: %s: %s\n", path, strerror(errno));
        exit(1);
    }
}

int main(int argc, char **argv) {
    const char *notes = getenv("NOTES"), *page = "/tmp/page.txt";
    char *line = NULL, title[64] = "";
    size_t room = 0;

    FILE *file = open_file("/etc/notes.conf", "r");
    if (getline(&line, &room, file) != -1)
        sscanf(line, "title = %63[^\n]", title);
    fclose(file);

    file = open_file(notes, "a");
    for (int i = 1; i < argc; i++)
        fprintf(file, "%s\n", argv[i]);
    close_file(file, notes);

    FILE *out = open_file(page, "w+");
    fprintf(out, "%s\n", title);
    file = open_file(notes, "r");
    for (int number = 1; getline(&line, &room, file) != -1; number++)
        fprintf(out, "%d. %s", number, line);
    fclose(file);

    rewind(out);
    while (getline(&line, &room, out) != -1)
        fputs(line, stdout);
    close_file(out, page);
    return remove(page) != 0;
}
