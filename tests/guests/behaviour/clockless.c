// What a program that can't ask for the time is told of what it makes: seconds, in `/m` below the root and in a directory there.
#include <stdio.h>
#include <wasi/api.h>

static void show(const char *path) {
  __wasi_filestat_t stat;
  int errno_of = __wasi_path_filestat_get(3, 0, path, &stat);
  printf("%s %d: %llu %llu %llu\n", path, errno_of, stat.atim / 1000000000, stat.mtim / 1000000000, stat.ctim / 1000000000);
}

int main(void) {
  __wasi_fd_t file;
  (void)!__wasi_path_open(3, 0, "m/file", __WASI_OFLAGS_CREAT, 1 << 6, 0, 0, &file);
  (void)!__wasi_path_create_directory(3, "m/dir");
  (void)!__wasi_path_symlink("file", 3, "m/dir/link");
  show("m");
  show("m/file");
  show("m/dir");
  show("m/dir/link");
}
