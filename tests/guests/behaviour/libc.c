// Reads files in each way that the C library has.
#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include "say.h"

static void say_stat(const char *call, int result, const struct stat *stat) {
  if (result)
    printf("%s: %s\n", call, error_name());
  else
    printf("%s: %s of %d bytes\n", call, S_ISDIR(stat->st_mode) ? "a directory" : S_ISLNK(stat->st_mode) ? "a link" : "a file",
           S_ISDIR(stat->st_mode) ? 0 : (int)stat->st_size);
}

static int visible(const struct dirent *entry) { return entry->d_name[0] != '.'; }

int main(void) {
  struct stat at;
  say_stat("stat a file", stat("/data/lines.txt", &at), &at);
  say_stat("stat a directory", stat("/data", &at), &at);
  say_stat("stat a link", stat("/data/link", &at), &at);
  say_stat("lstat a link", lstat("/data/link", &at), &at);
  say_stat("stat nothing", stat("/data/none", &at), &at);
  say_stat("stat below a file", stat("/data/lines.txt/x", &at), &at);
  printf("access: %d %d\n", access("/data/lines.txt", R_OK), access("/data/none", F_OK));

  char text[64] = "";
  ssize_t size = readlink("/data/link", text, sizeof text - 1);
  printf("readlink: %.*s\n", (int)size, text);

  FILE *file = fopen("/data/lines.txt", "r");
  char *line = NULL;
  size_t room = 0;
  while (getline(&line, &room, file) > 0) printf("getline: %s", line);
  printf("eof: %d\n", feof(file) != 0);
  rewind(file);
  int number = 0;
  printf("fscanf: %d %s", fscanf(file, "one %d", &number), number == 1 ? "one\n" : "?\n");
  ungetc('x', file);
  printf("fgetc: %c", fgetc(file));
  printf("%c", fgetc(file));
  fclose(file);
  printf("fopen a directory: %s\n", (file = fopen("/data", "r")) && fgetc(file) == EOF ? error_name() : file ? "?" : error_name());

  int fd = open("/data/lines.txt", O_RDONLY);
  say_stat("fstat", fstat(fd, &at), &at);
  struct iovec parts[] = {{text, 4}, {text + 8, 4}};
  memset(text, 0, sizeof text);
  ssize_t got = readv(fd, parts, 1);
  got += readv(fd, parts + 1, 1);
  printf("readv: %d bytes, %.4s|%.4s", (int)got, text, text + 8);
  got = pread(fd, text, 6, 6);
  printf("pread: %.*s", (int)got, text);
  close(fd);
  printf("read a closed one: %d\n", (int)read(fd, text, 1));
  int dir = open("/data/sub", O_RDONLY | O_DIRECTORY);
  fd = openat(dir, "inner.txt", O_RDONLY);
  got = read(fd, text, sizeof text);
  printf("openat: %.*s", (int)got, text);
  say_stat("fstatat", fstatat(dir, "inner.txt", &at, 0), &at);

  struct dirent **names;
  int count = scandir("/data", &names, visible, alphasort);
  for (int i = 0; i < count; i++) printf("scandir: %s\n", names[i]->d_name);
  return 0;
}
