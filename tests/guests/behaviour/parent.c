// Goes up.
#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "say.h"

static void open_at(int fd, const char *path) {
  char text[64];
  int file = openat(fd, path, O_RDONLY);
  ssize_t size = file < 0 ? -1 : read(file, text, sizeof text);
  if (size < 0)
    printf("%s: %s\n", path, error_name());
  else
    printf("%s: %.*s", path, (int)size, text);
}

int main(void) {
  say_file("/usr/local/bin/../hey.txt");
  say_file("/usr/local/bin/../../../top.txt");
  say_file("/usr/local/../local/bin/./tool.txt");
  say_file("/usr/local/missing/../hey.txt");
  say_file("/usr/local/hey.txt/../hey.txt");
  int bin = open("/usr/local/bin", O_RDONLY | O_DIRECTORY);
  open_at(bin, "tool.txt");
  open_at(bin, "./../bin/tool.txt");
  struct stat here, there;
  printf("the same: %d\n", !stat("/usr/local/bin/..", &here) && !stat("/usr/local", &there) && here.st_ino == there.st_ino);
  int names = 0;
  for (DIR *dir = opendir("/usr/local/bin/.."); dir && readdir(dir);) names++;
  printf("%d names above\n", names);
  // Out of what is open: the root, and a directory that was opened itself, with which WASI gives away no more than it.
  open_at(bin, "../hey.txt");
  say_file("/../top.txt");
  say_file("/usr/../../top.txt");
  return 0;
}
