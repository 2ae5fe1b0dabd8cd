// A large directory, a deep one, and equal files: every name is found, no other is.
//
// Usage: scale COUNT DEPTH
#include "c/report.h"
#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

int image_sections;

static void large(int count) {
  section("read", "a large directory");
  int found = 0, right = 0, absent = 0;
  char path[64], text[32];
  struct stat s;
  for (int i = 0; i < count; i++) {
    snprintf(path, sizeof path, "/large/file-%d", i);
    found += stat(path, &s) == 0 && S_ISREG(s.st_mode);
    if (i % 16 == 0) {
      int fd = open(path, O_RDONLY);
      ssize_t n = read(fd, text, sizeof text - 1);
      close(fd);
      text[n < 0 ? 0 : n] = 0;
      right += atoi(text) == i;
    }
    snprintf(path, sizeof path, "/large/fill-%d", i);
    absent += stat(path, &s) != 0 && errno == ENOENT;
  }
  printf("found -> %d\n", found);
  printf("right contents -> %d\n", right);
  printf("absent -> %d\n", absent);

  char *seen = calloc((size_t)count, 1);
  DIR *d = opendir("/large");
  struct dirent *e;
  int entries = 0, distinct = 0, other = 0;
  while ((e = readdir(d))) {
    entries++;
    int n = strncmp(e->d_name, "file-", 5) == 0 ? atoi(e->d_name + 5) : -1;
    if (n < 0 || n >= count || e->d_type != DT_REG) other++;
    else if (!seen[n]) seen[n] = 1, distinct++;
  }
  closedir(d);
  printf("listed -> %d, %d distinct, %d others\n", entries, distinct, other);
}

static void deep(int depth) {
  section("read", "a deep directory");
  char *path = malloc((size_t)depth * 2 + 20);
  strcpy(path, "/deep");
  for (int i = 0; i < depth; i++) strcat(path, "/d");
  struct stat s;
  printf("directory -> %d\n", stat(path, &s) == 0 && S_ISDIR(s.st_mode));
  strcat(path, "/file");
  printf("file -> %d\n", stat(path, &s) == 0 && s.st_size == 5);
  free(path);
}

int main(int argc, char **argv) {
  large(argc > 1 ? atoi(argv[1]) : 0);
  deep(argc > 2 ? atoi(argv[2]) : 0);
  printf("done\n");
}
