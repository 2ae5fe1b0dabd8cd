// Looks at the root itself.
#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "say.h"

int main(void) {
  for (const char *const *path = (const char *const[]){"/", "/.", "//", "."}; *path; path++) {
    struct dirent **names;
    int count = scandir(*path, &names, NULL, alphasort);
    printf("%s:", *path);
    for (int i = 0; i < count; i++) printf(" %s", names[i]->d_name);
    printf("\n");
    if (!strcmp(*path, ".")) break;
  }
  struct stat root, parent;
  printf("stat: %d %d\n", stat("/", &root), S_ISDIR(root.st_mode));
  int fd = open("/", O_RDONLY | O_DIRECTORY);
  printf("the same: %d\n", !fstat(fd, &parent) && parent.st_ino == root.st_ino);
  int file = openat(fd, "hello.txt", O_RDONLY);
  char text[64];
  ssize_t size = read(file, text, sizeof text);
  printf("openat: %.*s", (int)size, text);
  say_file("/hello.txt");
  say_file("hello.txt");
  say_file("/sub/deep.txt");
  return 0;
}
