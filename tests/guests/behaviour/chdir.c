// Changes its working directory, which is an idea of wasi-libc's: WASI has none.
#include <dirent.h>
#include <sys/stat.h>
#include <unistd.h>

#include "say.h"

static void go(const char *to) {
  char now[256] = "?";
  int failed = chdir(to) != 0;
  printf("cd %s: %s, ", to, failed ? error_name() : "ok");
  printf("in %s\n", getcwd(now, sizeof now) ? now : error_name());
}

int main(void) {
  go("/data");
  say_file("top.txt");
  say_file("./sub/file.txt");
  go("sub");
  say_file("file.txt");
  say_file("../top.txt");
  go("missing");
  go("file.txt");
  say_file("file.txt");
  struct stat dot, data;
  printf("the same directory: %d\n", !stat(".", &dot) && !stat("/data/sub", &data) && dot.st_ino == data.st_ino);
  int names = 0;
  for (DIR *dir = opendir("."); dir; names++)
    if (!readdir(dir)) break;
  printf("%d names here\n", names);
  go("/");
  say_file("data/top.txt");
  return 0;
}
