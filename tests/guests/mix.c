// Embedded files beside directories of the host: `/` from the bundle, `/host` from outside.
//
// Usage: mix            with a host directory at `/host`
//        mix union      with one at `/`
//        mix streams    with a line on standard input
//        mix show DIRECTORY FILE...    lists one and reads the others
#include "c/report.h"
#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>
#include <wasi/libc.h>

int image_sections;

static int by_name(const void *a, const void *b) { return strcmp(*(char *const *)a, *(char *const *)b); }

static void list(const char *path) {
  DIR *d = opendir(path);
  if (!d) {
    outcome("opendir", path, -1);
    return;
  }
  static char *names[100];
  int n = 0;
  struct dirent *e;
  while ((e = readdir(d)) && n < 100)
    if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0) names[n++] = strdup(e->d_name);
  closedir(d);
  qsort(names, (size_t)n, sizeof *names, by_name);
  printf("list %s ->", path);
  for (int i = 0; i < n; i++) printf(" %s", names[i]);
  printf("\n");
}

static void show(const char *path) {
  int fd = open(path, O_RDONLY);
  if (fd < 0) {
    outcome("read", path, -1);
    return;
  }
  char text[100];
  ssize_t n = read(fd, text, sizeof text - 1);
  close(fd);
  if (n < 0) {
    outcome("read", path, -1);
    return;
  }
  text[n] = 0;
  printf("read %s -> ", path);
  print_text(text);
  printf("\n");
}

static void put(const char *path, const char *text) {
  int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0666);
  outcome("open to write", path, fd < 0 ? -1 : 0);
  if (fd < 0) return;
  outcome("write", path, write(fd, text, strlen(text)));
  outcome("close", path, close(fd));
}

static void beside(void) {
  section("read", "a host directory beside");
  show("/file.txt");
  show("/dir/deep.txt");
  show("/host/outside.txt");
  show("/host/missing");
  // Each host has an errno of its own for leaving a directory.
  outcome("leave the directory", "/host/../file.txt", open("/host/../file.txt", O_RDONLY) < 0 ? 0 : -1);
  list("/dir");
  list("/host");
  put("/host/new.txt", "written\n");
  show("/host/new.txt");
  outcome("mkdir", "/host/made", mkdir("/host/made", 0777));
  put("/host/made/inner.txt", "inner\n");
  list("/host");
  list("/host/made");
  outcome("rename on the host", "/host/new.txt", rename("/host/new.txt", "/host/renamed.txt"));
  show("/host/renamed.txt");
  outcome("unlink", "/host/renamed.txt", unlink("/host/renamed.txt"));
  put("/new.txt", "x");
  put("/file.txt", "x");
}

static void across(void) {
  section("read", "from one to the other");
  outcome("rename to the host", "/file.txt", rename("/file.txt", "/host/file.txt") < 0 && (errno == 75 || errno == 69) ? 0 : -1);
  outcome("rename from the host", "/host/outside.txt", rename("/host/outside.txt", "/outside.txt") < 0 && (errno == 75 || errno == 69) ? 0 : -1);
  outcome("link to the host", "/file.txt", link("/file.txt", "/host/linked.txt") < 0 && (errno == 75 || errno == 69) ? 0 : -1);
  outcome("link to a name that the host has", "/file.txt", link("/file.txt", "/host/file.txt"));
  show("/host/outside.txt");

  int ours = open("/file.txt", O_RDONLY), theirs = open("/host/outside.txt", O_RDONLY), dir = open("/host", O_RDONLY | O_DIRECTORY);
  outcome("numbers differ", "", ours != theirs && theirs != dir && ours != dir);
  struct stat a, b;
  outcome("devices or inodes differ", "", fstat(ours, &a) == 0 && fstat(theirs, &b) == 0 && (a.st_dev != b.st_dev || a.st_ino != b.st_ino));
  char text[8] = "";
  outcome("read ours", "", read(ours, text, 4));
  printf("text -> %.4s\n", text);
  outcome("read theirs", "", read(theirs, text, 4));
  printf("text -> %.4s\n", text);
  // A number moves from one to the other and means the new thing at once.
  outcome("renumber ours to theirs", "", __wasilibc_fd_renumber(ours, theirs));
  outcome("read", "", read(theirs, text, 4));
  printf("text -> %.4s\n", text);
  outcome("the old number", "", read(ours, text, 4));
  int again = open("/host/outside.txt", O_RDONLY);
  outcome("renumber theirs to ours", "", __wasilibc_fd_renumber(again, theirs));
  outcome("read", "", read(theirs, text, 4));
  printf("text -> %.4s\n", text);
  outcome("close", "", close(theirs));
  outcome("close again", "", close(theirs));
  int inner = openat(dir, "outside.txt", O_RDONLY);
  outcome("openat below the host", "", read(inner, text, 4));
  close(inner);
  close(dir);
  // Numbers are free again, on both sides.
  int highest = 0;
  for (int i = 0; i < 2000; i++) {
    int x = open(i % 2 ? "/file.txt" : "/host/outside.txt", O_RDONLY);
    if (x > highest) highest = x;
    close(x);
  }
  outcome("a number below 100 after 2000 files", "", highest < 100);
}

static void both(void) {
  section("read", "a host directory at the same place");
  list("/");
  list("/dir");
  show("/file.txt");
  show("/only-host.txt");
  show("/dir/deep.txt");
  show("/dir/host-deep.txt");
  show("/host-dir/x.txt");
  show("/missing");
  struct stat s;
  outcome("stat", "/only-host.txt", stat("/only-host.txt", &s) ? -1 : s.st_size);
  outcome("stat", "/file.txt", stat("/file.txt", &s) ? -1 : s.st_size);
  put("/host-dir/new.txt", "written\n");
  show("/host-dir/new.txt");
}

// Embedded files as standard streams, and standard streams under other numbers.
static void streams(void) {
  section("read", "standard streams");
  char line[64] = "";
  printf("stdin of the host -> %s", fgets(line, sizeof line, stdin) ? line : "null\n");
  int fd = open("/file.txt", O_RDONLY);
  outcome("renumber a file to stdin", "", __wasilibc_fd_renumber(fd, 0));
  ssize_t n = read(0, line, 8);
  printf("read 0 -> %.*s\n", (int)n, line);
  outcome("isatty", "0", isatty(0) ? 1 : -1);
  outcome("close", "0", close(0));
  outcome("read", "0", read(0, line, 8));
  outcome("the lowest free number", "", open("/dir/deep.txt", O_RDONLY));
  n = read(0, line, 8);
  printf("read 0 -> %.*s\n", (int)n, line);
  // stdout moves to another number, a file takes its place, and back.
  fflush(stdout);
  int spare = open("/file.txt", O_RDONLY);
  int moved = __wasilibc_fd_renumber(1, spare);
  int placed = open("/file.txt", O_RDONLY);
  ssize_t refused = write(1, "lost\n", 5);
  int refusal = errno;
  ssize_t written = write(spare, "through another number\n", 23);
  int back = __wasilibc_fd_renumber(spare, 1);
  printf("stdout moved -> %d %d %d\n", moved, placed, back);
  printf("write to a file in its place -> %d %s\n", (int)refused, errno_name(refusal));
  printf("write to the other number -> %d\n", (int)written);
}

int main(int argc, char **argv) {
  setvbuf(stdout, NULL, _IOLBF, 0);
  if (argc > 1 && strcmp(argv[1], "union") == 0) both();
  else if (argc > 1 && strcmp(argv[1], "streams") == 0) streams();
  else if (argc > 2 && strcmp(argv[1], "show") == 0) {
    list(argv[2]);
    for (int i = 3; i < argc; i++) show(argv[i]);
  }
  else {
    beside();
    across();
  }
  printf("done\n");
}
