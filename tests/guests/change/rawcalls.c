// preview1 without a libc: arguments that no libc gives.
#include "../raw/wasi.h"
#include "change.h"

const char *name_of(int32_t e) { return errno_name(e); }

#define TRY(label, call) printf("%s -> %s\n", label, name_of(call))
#define PATH(p) p, (int32_t)(sizeof p - 1)
#define R_PLENTY (R_READ | R_WRITE | R_SEEK | R_TELL | (1ll << 8) | (1ll << 21) | (1ll << 22) | (1ll << 23))

void rawcalls(void) {
  section("change", "raw");
  int dir = open(at(""), O_RDONLY | O_DIRECTORY);
  int32_t fd, other;
  uint32_t n = 0;
  uint64_t at64 = 0;
  filestat s;

  TRY("create", p1_path_open(dir, 0, PATH("raw"), CREAT | EXCL, R_PLENTY, 0, 0, &fd));
  uint8_t a[] = "abc", b[] = "defgh";
  iovec parts[3] = {{a, 3}, {NULL, 0}, {b, 5}};
  TRY("fd_write one", p1_fd_write(fd, parts, 1, &n));
  TRY("fd_write an empty one", p1_fd_write(fd, parts + 1, 1, &n));
  printf("  written -> %u\n", n);
  TRY("fd_pwrite one", p1_fd_pwrite(fd, parts + 2, 1, 3, &n));
  TRY("fd_write none", p1_fd_write(fd, parts, 0, &n));
  printf("  written -> %u\n", n);
  TRY("fd_filestat_set_size", p1_fd_filestat_set_size(fd, 100));
  TRY("fd_filestat_get", p1_fd_filestat_get(fd, &s));
  printf("  type %d size %llu nlink %llu\n", s.filetype, (unsigned long long)s.size, (unsigned long long)s.nlink);
  TRY("fd_seek", p1_fd_seek(fd, -50, 2, &at64));
  printf("  at -> %llu\n", (unsigned long long)at64);
  TRY("fd_tell", p1_fd_tell(fd, &at64));
  TRY("fd_sync", p1_fd_sync(fd));
  TRY("fd_datasync", p1_fd_datasync(fd));
  for (int32_t advice = 0; advice < 6; advice++) TRY("fd_advise", p1_fd_advise(fd, 0, 100, advice));
  TRY("fd_filestat_set_times", p1_fd_filestat_set_times(fd, 7, 9, 5));
  p1_fd_filestat_get(fd, &s);
  printf("  atim %llu mtim %llu\n", (unsigned long long)s.atim, (unsigned long long)s.mtim);
  TRY("fd_filestat_set_times both ways", p1_fd_filestat_set_times(fd, 7, 9, 3));
  TRY("fd_filestat_set_times both ways for mtim", p1_fd_filestat_set_times(fd, 7, 9, 12));
  TRY("fd_filestat_set_times nothing", p1_fd_filestat_set_times(fd, 7, 9, 0));
  TRY("path_filestat_set_times both ways", p1_path_filestat_set_times(dir, 1, PATH("raw"), 1, 2, 3));
  TRY("path_filestat_set_times", p1_path_filestat_set_times(dir, 1, PATH("raw"), 11, 12, 5));
  p1_path_filestat_get(dir, 1, PATH("raw"), &s);
  printf("  atim %llu mtim %llu\n", (unsigned long long)s.atim, (unsigned long long)s.mtim);

  static const int32_t fdflags[] = {0, APPEND, DSYNC, NONBLOCK, RSYNC, SYNC};
  for (size_t i = 0; i < 6; i++) {
    int32_t e = p1_path_open(dir, 0, PATH("raw"), 0, R_PLENTY, 0, fdflags[i], &other);
    fdstat f = {0};
    if (!e) p1_fd_fdstat_get(other, &f), p1_fd_close(other);
    printf("path_open flags %d -> %s, then %d\n", fdflags[i], name_of(e), f.flags);
  }
  TRY("renumber to itself", p1_fd_renumber(fd, fd));
  TRY("renumber from nothing", p1_fd_renumber(9999, fd));
  TRY("renumber to nothing", p1_fd_renumber(fd, 9999));
  TRY("path_link", p1_path_link(dir, 0, PATH("raw"), dir, PATH("raw2")));
  TRY("path_link again", p1_path_link(dir, 0, PATH("raw"), dir, PATH("raw2")));
  TRY("path_rename", p1_path_rename(dir, PATH("raw2"), dir, PATH("raw3")));
  TRY("path_unlink_file", p1_path_unlink_file(dir, PATH("raw3")));
  TRY("path_unlink_file cut short", p1_path_unlink_file(dir, "rawGARBAGE", 3));
  TRY("path_create_directory", p1_path_create_directory(dir, PATH("rawdir")));
  TRY("path_remove_directory", p1_path_remove_directory(dir, PATH("rawdir")));
  TRY("path_symlink", p1_path_symlink(PATH("file"), dir, PATH("rawlink")));
  char target[16] = "~~~~~~~~~~~~~~~";
  TRY("path_readlink", p1_path_readlink(dir, PATH("rawlink"), target, 2, &n));
  printf("  %u %.4s\n", n, target);
  TRY("path_open NOFOLLOW a link", p1_path_open(dir, 0, PATH("rawlink"), 0, R_READ, 0, 0, &other));
  TRY("path_unlink_file", p1_path_unlink_file(dir, PATH("rawlink")));

  // From descriptors that are no directories, closed, or not there.
  TRY("create from a file", p1_path_open(fd, 0, PATH("x"), CREAT, R_READ, 0, 0, &other));
  TRY("mkdir from a file", p1_path_create_directory(fd, PATH("x")));
  TRY("unlink from a file", p1_path_unlink_file(fd, PATH("x")));
  TRY("rmdir from a file", p1_path_remove_directory(fd, PATH("x")));
  TRY("symlink from a file", p1_path_symlink(PATH("x"), fd, PATH("y")));
  TRY("rename from a file", p1_path_rename(fd, PATH("x"), dir, PATH("y")));
  TRY("rename to a file", p1_path_rename(dir, PATH("file"), fd, PATH("y")));
  TRY("link to a file", p1_path_link(dir, 0, PATH("file"), fd, PATH("y")));
  TRY("set times from a file", p1_path_filestat_set_times(fd, 0, PATH("x"), 1, 2, 5));
  TRY("readdir of a file", p1_fd_readdir(fd, target, 16, 0, &n));
  TRY("create from 9999", p1_path_open(9999, 0, PATH("x"), CREAT, R_READ, 0, 0, &other));
  TRY("mkdir from 9999", p1_path_create_directory(9999, PATH("x")));
  TRY("unlink from 9999", p1_path_unlink_file(9999, PATH("x")));
  TRY("rename from 9999", p1_path_rename(9999, PATH("x"), dir, PATH("y")));
  TRY("rename to 9999", p1_path_rename(dir, PATH("file"), 9999, PATH("y")));
  TRY("write to 9999", p1_fd_write(9999, parts, 1, &n));
  TRY("set size of 9999", p1_fd_filestat_set_size(9999, 1));
  TRY("set times of 9999", p1_fd_filestat_set_times(9999, 1, 2, 5));
  TRY("allocate 9999", p1_fd_allocate(9999, 0, 1));
  TRY("sock_send to a file", p1_sock_send(fd, parts, 1, 0, &n));
  TRY("sock_shutdown of a file", p1_sock_shutdown(fd, 1));

  // Paths that no directory may follow.
  TRY("mkdir absolute", p1_path_create_directory(dir, PATH("/x")));
  TRY("unlink absolute", p1_path_unlink_file(dir, PATH("/x")));
  TRY("create absolute", p1_path_open(dir, 0, PATH("/x"), CREAT, R_READ, 0, 0, &other));
  TRY("rename absolute", p1_path_rename(dir, PATH("/file"), dir, PATH("y")));
  TRY("symlink absolute", p1_path_symlink(PATH("x"), dir, PATH("/y")));
  TRY("symlink to absolute", p1_path_symlink(PATH("/x"), dir, PATH("y")));
  p1_path_unlink_file(dir, PATH("y"));
  TRY("mkdir with a NUL", p1_path_create_directory(dir, PATH("x\0y")));
  TRY("create with a NUL", p1_path_open(dir, 0, PATH("x\0y"), CREAT, R_READ, 0, 0, &other));
  TRY("mkdir of no UTF-8", p1_path_create_directory(dir, PATH("x\xff")));
  TRY("mkdir of nothing", p1_path_create_directory(dir, "", 0));
  TRY("unlink of nothing", p1_path_unlink_file(dir, "", 0));
  TRY("rename of nothing", p1_path_rename(dir, "", 0, dir, PATH("y")));
  TRY("rename to nothing", p1_path_rename(dir, PATH("file"), dir, "", 0));
  TRY("symlink at nothing", p1_path_symlink(PATH("x"), dir, "", 0));
  TRY("set times of nothing", p1_path_filestat_set_times(dir, 0, "", 0, 1, 2, 5));
  p1_fd_close(fd);
  TRY("write after close", p1_fd_write(fd, parts, 1, &n));
  close(dir);
  unlink(at("raw"));
}
