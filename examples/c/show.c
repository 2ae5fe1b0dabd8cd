// Prints a file line by line, or a directory's names: an ordinary C program
// that knows nothing of bundles.
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

static int fail(const char *path) {
    fprintf(stderr, "show: %s: %s\n", path, strerror(errno));
    return 1;
}

static int show_directory(const char *path) {
    DIR *dir = opendir(path);
    if (!dir)
        return fail(path);
    for (struct dirent *entry; (entry = readdir(dir));)
        if (entry->d_name[0] != '.')
            printf("%s\n", entry->d_name);
    return closedir(dir);
}

static int show_file(const char *path) {
    FILE *file = fopen(path, "r");
    if (!file)
        return fail(path);
    char *line = NULL;
    size_t room = 0;
    while (getline(&line, &room, file) != -1)
        fputs(line, stdout);
    return fclose(file);
}

int main(int argc, char **argv) {
    const char *path = argc > 1 ? argv[1] : "/etc/motd";
    struct stat about;
    if (stat(path, &about) != 0)
        return fail(path);
    return S_ISDIR(about.st_mode) ? show_directory(path) : show_file(path);
}
