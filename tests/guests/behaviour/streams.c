// Every call about a descriptor on the standard streams, and those about sockets on everything else: the descriptor, the call, its
// errno.
#include <stdio.h>
#include <wasi/api.h>

#define SHOW(name, call) size += snprintf(text + size, sizeof text - size, "%s %s %d\n", what, name, call)

static char text[16384];
static int size;
static char bytes[8];
static __wasi_size_t n;
static __wasi_iovec_t in = {(uint8_t *)bytes, 4};
static __wasi_ciovec_t out = {(const uint8_t *)bytes, 0};

static void sockets(const char *what, __wasi_fd_t fd) {
  SHOW("sock_recv", __wasi_sock_recv(fd, &in, 1, 0, &n, &(__wasi_roflags_t){0}));
  SHOW("sock_send", __wasi_sock_send(fd, &out, 1, 0, &n));
  SHOW("sock_shutdown", __wasi_sock_shutdown(fd, __WASI_SDFLAGS_RD));
}

static void stream(const char *what, __wasi_fd_t fd) {
  __wasi_fdstat_t flags;
  __wasi_filestat_t stat;
  __wasi_fd_t opened;
  SHOW("fd_advise", __wasi_fd_advise(fd, 0, 1, 0));
  SHOW("fd_allocate", __wasi_fd_allocate(fd, 0, 1));
  SHOW("fd_datasync", __wasi_fd_datasync(fd));
  SHOW("fd_sync", __wasi_fd_sync(fd));
  SHOW("fd_fdstat_get", __wasi_fd_fdstat_get(fd, &flags));
  SHOW("fd_fdstat_set_flags", __wasi_fd_fdstat_set_flags(fd, 0));
  SHOW("fd_fdstat_set_rights", __wasi_fd_fdstat_set_rights(fd, 0, 0));
  SHOW("fd_filestat_get", __wasi_fd_filestat_get(fd, &stat));
  SHOW("fd_filestat_set_size", __wasi_fd_filestat_set_size(fd, 1));
  SHOW("fd_filestat_set_times", __wasi_fd_filestat_set_times(fd, 1, 1, 4));
  SHOW("fd_pread", __wasi_fd_pread(fd, &in, 1, 0, &n));
  SHOW("fd_pwrite", __wasi_fd_pwrite(fd, &out, 1, 0, &n));
  SHOW("fd_prestat_get", __wasi_fd_prestat_get(fd, &(__wasi_prestat_t){0}));
  SHOW("fd_prestat_dir_name", __wasi_fd_prestat_dir_name(fd, (uint8_t *)bytes, 8));
  SHOW("fd_readdir", __wasi_fd_readdir(fd, (uint8_t *)bytes, 8, 0, &n));
  SHOW("fd_seek", __wasi_fd_seek(fd, 0, 1, &(__wasi_filesize_t){0}));
  SHOW("fd_tell", __wasi_fd_tell(fd, &(__wasi_filesize_t){0}));
  SHOW("path_open", __wasi_path_open(fd, 0, "x", 0, 2, 0, 0, &opened));
  SHOW("path_filestat_get", __wasi_path_filestat_get(fd, 0, "x", &stat));
  SHOW("path_filestat_set_times", __wasi_path_filestat_set_times(fd, 0, "x", 1, 1, 4));
  SHOW("path_create_directory", __wasi_path_create_directory(fd, "x"));
  SHOW("path_readlink", __wasi_path_readlink(fd, "x", (uint8_t *)bytes, 8, &n));
  SHOW("path_symlink", __wasi_path_symlink("x", fd, "y"));
  SHOW("path_link", __wasi_path_link(fd, 0, "x", fd, "y"));
  SHOW("path_rename", __wasi_path_rename(fd, "x", fd, "y"));
  SHOW("path_remove_directory", __wasi_path_remove_directory(fd, "x"));
  SHOW("path_unlink_file", __wasi_path_unlink_file(fd, "x"));
  sockets(what, fd);
}

int main(void) {
  __wasi_fd_t dir, file;
  const char *what = "opening";
  SHOW("a directory", __wasi_path_open(3, 0, "t", __WASI_OFLAGS_DIRECTORY, 0, 0, 0, &dir));
  SHOW("a file", __wasi_path_open(dir, 0, "f", __WASI_OFLAGS_CREAT, 1 << 1 | 1 << 6, 0, 0, &file));
  stream("stdin", 0);
  stream("stdout", 1);
  stream("stderr", 2);
  sockets("the root", 3);
  sockets("a directory", dir);
  sockets("a file", file);
  sockets("a closed descriptor", 77);
  fwrite(text, 1, size, stdout);
}
