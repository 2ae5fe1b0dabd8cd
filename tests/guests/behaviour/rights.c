// Directories opened with few rights, and what is then done through them, as Go's os.Root, Zig without a libc and wasmtime's own
// test programs do. Each line is a call and its errno. At the end, what no host has to say: the rights reported of a file.
#include <stdio.h>
#include <wasi/api.h>

#define SHOW(name, call) printf("%s %d\n", name, call)
#define READ __WASI_RIGHTS_FD_READ
#define WRITE __WASI_RIGHTS_FD_WRITE
#define CREAT __WASI_OFLAGS_CREAT
#define TRUNC __WASI_OFLAGS_TRUNC

static __wasi_fd_t root;
static char byte = 'x';
static __wasi_size_t n;

static int reads(__wasi_fd_t fd) {
  __wasi_iovec_t one = {(uint8_t *)&byte, 1};
  return __wasi_fd_read(fd, &one, 1, &n);
}

static int writes(__wasi_fd_t fd) {
  __wasi_ciovec_t one = {(const uint8_t *)&byte, 1};
  return __wasi_fd_write(fd, &one, 1, &n);
}

static void through(const char *name, __wasi_rights_t base, __wasi_rights_t inheriting) {
  __wasi_fd_t dir, file, sub;
  __wasi_filestat_t stat;
  printf("a directory opened with %s\n", name);
  SHOW("open it", __wasi_path_open(root, 0, "t", __WASI_OFLAGS_DIRECTORY, base, inheriting, 0, &dir));
  SHOW("open(O_CREAT | O_TRUNC)", __wasi_path_open(dir, 0, "f", CREAT | TRUNC, READ | WRITE, 0, 0, &file));
  SHOW("write", writes(file));
  SHOW("fd_filestat_set_size", __wasi_fd_filestat_set_size(file, 3));
  SHOW("fd_seek", __wasi_fd_seek(file, 0, 0, &(__wasi_filesize_t){0}));
  SHOW("read", reads(file));
  SHOW("fd_advise", __wasi_fd_advise(file, 0, 1, 0));
  SHOW("fd_sync", __wasi_fd_sync(file));
  SHOW("fd_datasync", __wasi_fd_datasync(file));
  SHOW("fd_filestat_get", __wasi_fd_filestat_get(file, &stat));
  SHOW("fd_filestat_set_times", __wasi_fd_filestat_set_times(file, 1, 1, 5));
  SHOW("fd_fdstat_set_flags", __wasi_fd_fdstat_set_flags(file, 1));
  (void)!__wasi_fd_close(file);
  SHOW("open to write", __wasi_path_open(dir, 0, "f", 0, WRITE, 0, 0, &file));
  SHOW("read", reads(file));
  SHOW("write", writes(file));
  (void)!__wasi_fd_close(file);
  SHOW("open to read", __wasi_path_open(dir, 0, "f", 0, READ, 0, 0, &file));
  SHOW("read", reads(file));
  SHOW("write", writes(file));
  SHOW("fd_filestat_set_size", __wasi_fd_filestat_set_size(file, 3));
  (void)!__wasi_fd_close(file);
  SHOW("open for nothing", __wasi_path_open(dir, 0, "f", 0, 0, 0, 0, &file));
  SHOW("read", reads(file));
  SHOW("write", writes(file));
  SHOW("open through a file", __wasi_path_open(file, 0, "f", 0, READ, 0, 0, &sub));
  SHOW("fd_fdstat_set_rights", __wasi_fd_fdstat_set_rights(file, 0, 0));
  (void)!__wasi_fd_close(file);
  SHOW("mkdir", __wasi_path_create_directory(dir, "d"));
  SHOW("open it", __wasi_path_open(dir, 0, "d", 0, 0, 0, 0, &sub));
  SHOW("open in it", __wasi_path_open(sub, 0, "g", CREAT, WRITE, 0, 0, &file));
  SHOW("write", writes(file));
  (void)!__wasi_fd_close(file);
  SHOW("unlink in it", __wasi_path_unlink_file(sub, "g"));
  SHOW("fd_filestat_get", __wasi_fd_filestat_get(sub, &stat));
  SHOW("fd_readdir", __wasi_fd_readdir(sub, (uint8_t *)&byte, 1, 0, &n));
  SHOW("fd_fdstat_set_rights", __wasi_fd_fdstat_set_rights(sub, 0, 0));
  (void)!__wasi_fd_close(sub);
  SHOW("symlink", __wasi_path_symlink("f", dir, "s"));
  SHOW("readlink", __wasi_path_readlink(dir, "s", (uint8_t *)&byte, 1, &n));
  SHOW("link", __wasi_path_link(dir, 0, "f", dir, "l"));
  SHOW("rename", __wasi_path_rename(dir, "l", dir, "m"));
  SHOW("stat", __wasi_path_filestat_get(dir, 0, "m", &stat));
  SHOW("utimens", __wasi_path_filestat_set_times(dir, 0, "m", 1, 1, __WASI_FSTFLAGS_MTIM));
  SHOW("unlink", __wasi_path_unlink_file(dir, "m") | __wasi_path_unlink_file(dir, "s") | __wasi_path_unlink_file(dir, "f"));
  SHOW("rmdir", __wasi_path_remove_directory(dir, "d"));
  (void)!__wasi_fd_close(dir);
}

static __wasi_rights_t reported(__wasi_fd_t dir, const char *path, __wasi_rights_t asked) {
  __wasi_fd_t fd;
  __wasi_fdstat_t stat;
  if (__wasi_path_open(dir, 0, path, 0, asked, 0, 0, &fd) || __wasi_fd_fdstat_get(fd, &stat)) return ~0ull;
  (void)!__wasi_fd_close(fd);
  return stat.fs_rights_base;
}

int main(void) {
  __wasi_fdstat_t stat;
  __wasi_fd_t dir, file;
  root = 3;
  SHOW("fd_fdstat_get", __wasi_fd_fdstat_get(root, &stat));
  printf("the root %llx %llx\n", (unsigned long long)stat.fs_rights_base, (unsigned long long)stat.fs_rights_inheriting);
  through("all rights", stat.fs_rights_base, stat.fs_rights_inheriting);
  through("all but the one to truncate", stat.fs_rights_base & ~__WASI_RIGHTS_PATH_FILESTAT_SET_SIZE, stat.fs_rights_inheriting);
  through("the one to read", READ, READ);
  through("none", 0, 0);
  puts("reported");
  (void)!__wasi_path_open(root, 0, "t", __WASI_OFLAGS_DIRECTORY, 0, 0, 0, &dir);
  (void)!__wasi_path_open(dir, 0, "f", CREAT, READ, 0, 0, &file);
  static const __wasi_rights_t asked[] = {0, READ, READ | __WASI_RIGHTS_FD_FILESTAT_GET, READ | WRITE, (1 << 30) - 1};
  for (int i = 0; i < 5; i++) {
    __wasi_rights_t whole = reported(root, "t/f", asked[i]), part = reported(dir, "f", asked[i]);
    printf("asked %llx: %llx %llx\n", (unsigned long long)asked[i], (unsigned long long)whole, (unsigned long long)part);
  }
  SHOW("unlink", __wasi_path_unlink_file(dir, "f"));
}
