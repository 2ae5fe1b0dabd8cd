// Does what its arguments say, a line for each: `cat PATH`, `ls PATH`, `at DIRECTORY PATH` (opened one from the other),
// `put PATH`, `mkdir PATH`, `rm PATH`, `rmdir PATH`, `mv PATH PATH`, `ln PATH PATH`.
#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "say.h"

static const char *why(void) {
  switch (errno) {
    case EEXIST: return "EEXIST";
    case ENOTEMPTY: return "ENOTEMPTY";
    case EXDEV: return "EXDEV";
    default: return error_name();
  }
}

static int by_name(const void *a, const void *b) { return strcmp(*(char *const *)a, *(char *const *)b); }

static void list(const char *path) {
  DIR *directory = opendir(path);
  char *names[64];
  size_t count = 0;
  struct dirent *entry;
  printf("ls %s:", path);
  if (!directory) printf(" %s", why());
  while (directory && count < 64 && (entry = readdir(directory)))
    if (entry->d_name[0] != '.') names[count++] = strdup(entry->d_name);
  qsort(names, count, sizeof *names, by_name);
  for (size_t i = 0; i < count; i++) printf(" %s", names[i]);
  printf("\n");
}

static void at(const char *directory, const char *path) {
  char text[64];
  int dir = open(directory, O_RDONLY | O_DIRECTORY);
  int file = dir < 0 ? -1 : openat(dir, path, O_RDONLY);
  ssize_t size = file < 0 ? -1 : read(file, text, sizeof text);
  if (size < 0)
    printf("%s at %s: %s\n", path, directory, why());
  else
    printf("%s at %s: %.*s", path, directory, (int)size, text);
}

static int put(const char *path) {
  int file = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0644);
  int failed = file < 0 || write(file, "written\n", 8) != 8;
  if (file >= 0) close(file);
  return failed;
}

int main(int argc, char **argv) {
  for (int i = 1; i + 1 < argc; i += 2) {
    const char *verb = argv[i], *path = argv[i + 1];
    if (!strcmp(verb, "cat")) {
      say_file(path);
    } else if (!strcmp(verb, "ls")) {
      list(path);
    } else if (!strcmp(verb, "at")) {
      at(path, argv[++i + 1]);
    } else {
      int failed = 0;
      if (!strcmp(verb, "put")) failed = put(path);
      if (!strcmp(verb, "mkdir")) failed = mkdir(path, 0755);
      if (!strcmp(verb, "rm")) failed = unlink(path);
      if (!strcmp(verb, "rmdir")) failed = rmdir(path);
      if (!strcmp(verb, "mv")) failed = rename(path, argv[++i + 1]);
      if (!strcmp(verb, "ln")) failed = link(path, argv[++i + 1]);
      printf("%s %s: %s\n", verb, path, failed ? why() : "done");
    }
  }
}
