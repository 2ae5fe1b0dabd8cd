// Every call that would change the tree, and what happens to the preopen itself.
#include "wasi.h"

#define TRY(label, call) printf("%s -> %s\n", label, name_of(call))
#define PATH(p) p, (int32_t)(sizeof p - 1)

void changes(void) {
  int32_t file, dir, out;
  uint32_t n;
  uint8_t byte = 'x';
  iovec one = {&byte, 1}, none = {&byte, 0};
  open_at(ROOT, "file.txt", 0, R_ALL_READ, &file);
  open_at(ROOT, "dir", DIRECTORY, R_ALL_READ, &dir);

  printf("## image change descriptors\n");
  TRY("fd_write", p1_fd_write(file, &one, 1, &n));
  TRY("fd_write nothing", p1_fd_write(file, &none, 1, &n));
  TRY("fd_pwrite", p1_fd_pwrite(file, &one, 1, 0, &n));
  TRY("fd_allocate", p1_fd_allocate(file, 0, 10));
  TRY("fd_filestat_set_size", p1_fd_filestat_set_size(file, 0));
  TRY("fd_filestat_set_times", p1_fd_filestat_set_times(file, 1, 2, 5));
  TRY("fd_filestat_set_times with both ways", p1_fd_filestat_set_times(file, 1, 2, 3));
  TRY("fd_fdstat_set_flags 0", p1_fd_fdstat_set_flags(file, 0));
  TRY("fd_fdstat_set_flags nonblock", p1_fd_fdstat_set_flags(file, NONBLOCK));
  TRY("fd_fdstat_set_flags append", p1_fd_fdstat_set_flags(file, APPEND));
  TRY("fd_fdstat_set_flags dsync", p1_fd_fdstat_set_flags(file, DSYNC));
  TRY("fd_write dir", p1_fd_write(dir, &one, 1, &n));
  TRY("fd_pwrite dir", p1_fd_pwrite(dir, &one, 1, 0, &n));
  TRY("fd_allocate dir", p1_fd_allocate(dir, 0, 10));
  TRY("fd_filestat_set_size dir", p1_fd_filestat_set_size(dir, 0));
  TRY("fd_filestat_set_times dir", p1_fd_filestat_set_times(dir, 1, 2, 5));

  printf("## image change paths\n");
  TRY("path_create_directory new", p1_path_create_directory(ROOT, PATH("new")));
  TRY("path_create_directory new/", p1_path_create_directory(ROOT, PATH("new/")));
  TRY("path_create_directory dir", p1_path_create_directory(ROOT, PATH("dir")));
  TRY("path_create_directory missing/new", p1_path_create_directory(ROOT, PATH("missing/new")));
  TRY("path_create_directory file.txt/new", p1_path_create_directory(ROOT, PATH("file.txt/new")));
  TRY("path_create_directory ../new", p1_path_create_directory(ROOT, PATH("../new")));
  TRY("path_create_directory empty", p1_path_create_directory(ROOT, PATH("")));
  TRY("path_remove_directory empty-dir", p1_path_remove_directory(ROOT, PATH("empty-dir")));
  TRY("path_remove_directory dir", p1_path_remove_directory(ROOT, PATH("dir")));
  TRY("path_remove_directory file.txt", p1_path_remove_directory(ROOT, PATH("file.txt")));
  TRY("path_remove_directory missing", p1_path_remove_directory(ROOT, PATH("missing")));
  TRY("path_unlink_file file.txt", p1_path_unlink_file(ROOT, PATH("file.txt")));
  TRY("path_unlink_file dir", p1_path_unlink_file(ROOT, PATH("dir")));
  TRY("path_unlink_file link-dir", p1_path_unlink_file(ROOT, PATH("link-dir")));
  TRY("path_unlink_file missing", p1_path_unlink_file(ROOT, PATH("missing")));
  TRY("path_rename file.txt new", p1_path_rename(ROOT, PATH("file.txt"), ROOT, PATH("new")));
  TRY("path_rename file.txt file.txt", p1_path_rename(ROOT, PATH("file.txt"), ROOT, PATH("file.txt")));
  TRY("path_rename missing new", p1_path_rename(ROOT, PATH("missing"), ROOT, PATH("new")));
  TRY("path_rename file.txt missing/new", p1_path_rename(ROOT, PATH("file.txt"), ROOT, PATH("missing/new")));
  TRY("path_rename to a closed descriptor", p1_path_rename(ROOT, PATH("file.txt"), 700, PATH("new")));
  TRY("path_link file.txt new", p1_path_link(ROOT, 0, PATH("file.txt"), ROOT, PATH("new")));
  TRY("path_link missing new", p1_path_link(ROOT, 0, PATH("missing"), ROOT, PATH("new")));
  TRY("path_link file.txt dir", p1_path_link(ROOT, 0, PATH("file.txt"), ROOT, PATH("dir")));
  TRY("path_link to a file", p1_path_link(ROOT, 0, PATH("file.txt"), file, PATH("new")));
  TRY("path_symlink new", p1_path_symlink(PATH("x"), ROOT, PATH("new")));
  TRY("path_symlink file.txt", p1_path_symlink(PATH("x"), ROOT, PATH("file.txt")));
  TRY("path_symlink missing/new", p1_path_symlink(PATH("x"), ROOT, PATH("missing/new")));
  TRY("path_filestat_set_times file.txt", p1_path_filestat_set_times(ROOT, FOLLOW, PATH("file.txt"), 1, 2, 5));
  TRY("path_filestat_set_times missing", p1_path_filestat_set_times(ROOT, FOLLOW, PATH("missing"), 1, 2, 5));
  TRY("path_filestat_set_times dangling", p1_path_filestat_set_times(ROOT, FOLLOW, PATH("dangling"), 1, 2, 5));
  TRY("path_filestat_set_times dangling itself", p1_path_filestat_set_times(ROOT, 0, PATH("dangling"), 1, 2, 5));

  printf("## image open to change\n");
  TRY("CREAT new", open_at(ROOT, "new", CREAT, R_READ, &out));
  TRY("CREAT file.txt", open_at(ROOT, "file.txt", CREAT, R_READ, &out));
  TRY("CREAT EXCL file.txt", open_at(ROOT, "file.txt", CREAT | EXCL, R_READ, &out));
  TRY("CREAT EXCL new", open_at(ROOT, "new", CREAT | EXCL, R_READ, &out));
  TRY("CREAT EXCL dangling", open_at(ROOT, "dangling", CREAT | EXCL, R_READ, &out));
  TRY("CREAT dangling", open_at(ROOT, "dangling", CREAT, R_READ, &out));
  TRY("CREAT missing/new", open_at(ROOT, "missing/new", CREAT, R_READ, &out));
  TRY("CREAT dir", open_at(ROOT, "dir", CREAT, R_READ, &out));
  TRY("CREAT dir/", open_at(ROOT, "dir/", CREAT, R_READ, &out));
  TRY("CREAT new/", open_at(ROOT, "new/", CREAT, R_READ, &out));
  TRY("CREAT DIRECTORY new", open_at(ROOT, "new", CREAT | DIRECTORY, R_READ, &out));
  TRY("TRUNC file.txt", open_at(ROOT, "file.txt", TRUNC, R_READ, &out));
  TRY("TRUNC file.txt for writing", open_at(ROOT, "file.txt", TRUNC, R_WRITE, &out));
  TRY("TRUNC dir", open_at(ROOT, "dir", TRUNC, R_READ, &out));
  TRY("TRUNC missing", open_at(ROOT, "missing", TRUNC, R_READ, &out));
  TRY("APPEND file.txt", p1_path_open(ROOT, FOLLOW, PATH("file.txt"), 0, R_READ, 0, APPEND, &out));
  TRY("from a file", open_at(file, "x", 0, R_READ, &out));
  TRY("from a file, dot", open_at(file, ".", 0, R_READ, &out));
  TRY("from a directory, dot dot", open_at(dir, "..", 0, R_READ, &out));
  TRY("from a directory, dot dot twice", open_at(dir, "../..", 0, R_READ, &out));
  p1_fd_close(file);
  p1_fd_close(dir);
}

void last(void) {
  printf("## image the preopen itself\n");
  int32_t fd, again;
  open_at(ROOT, "dir", DIRECTORY, R_ALL_READ, &fd);
  printf("next number -> %d\n", fd);
  TRY("renumber dir to the root", p1_fd_renumber(fd, ROOT));
  TRY("file.txt there", open_at(ROOT, "file.txt", 0, R_READ, &again));
  TRY("nested there", open_at(ROOT, "nested", DIRECTORY, R_ALL_READ, &again));
  prestat p;
  TRY("fd_prestat_get", p1_fd_prestat_get(ROOT, &p));
  TRY("close the root", p1_fd_close(ROOT));
  TRY("close it again", p1_fd_close(ROOT));
  TRY("open from it", open_at(ROOT, "file.txt", 0, R_READ, &again));
  TRY("fd_prestat_get", p1_fd_prestat_get(ROOT, &p));
}
