// preview1 as the witx has it. Declared here and not taken from wasi-libc, whose wrappers need paths that
// end in NUL; so the module imports most of these functions twice, which the linker must cope with.
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#ifdef BY_WASI_LIBC_NAMES
#include "by_name.h"
#endif

#define IMPORT(name) __attribute__((import_module("wasi_snapshot_preview1"), import_name(#name))) extern int32_t p1_##name

typedef struct { uint8_t *buf; uint32_t len; } iovec;
typedef struct { uint64_t dev, ino; uint8_t filetype; uint64_t nlink, size, atim, mtim, ctim; } filestat;
typedef struct { uint8_t filetype; uint16_t flags; uint64_t base, inheriting; } fdstat;
typedef struct { uint32_t tag, len; } prestat;
typedef struct { uint64_t next, ino; uint32_t namlen; uint8_t type; } dirent;
typedef struct {
  uint64_t userdata;
  uint8_t tag;
  union {
#ifdef UNSTABLE
    struct { uint64_t identifier; uint32_t id; uint64_t timeout, precision; uint16_t flags; } clock;
#else
    struct { uint32_t id; uint64_t timeout, precision; uint16_t flags; } clock;
#endif
    uint32_t fd;
  } u;
} subscription;
typedef struct { uint64_t userdata; uint16_t error; uint8_t type; uint64_t nbytes; uint16_t flags; } event;
_Static_assert(sizeof(filestat) == 64 && sizeof(fdstat) == 24 && sizeof(dirent) == 24, "layout of the witx");
#ifdef UNSTABLE
_Static_assert(sizeof(subscription) == 56, "layout of the old witx");
#else
_Static_assert(sizeof(subscription) == 48, "layout of the witx");
#endif
_Static_assert(sizeof(event) == 32, "layout of the witx");

IMPORT(fd_advise)(int32_t fd, int64_t offset, int64_t len, int32_t advice);
IMPORT(fd_allocate)(int32_t fd, int64_t offset, int64_t len);
IMPORT(fd_close)(int32_t fd);
IMPORT(fd_datasync)(int32_t fd);
IMPORT(fd_fdstat_get)(int32_t fd, fdstat *out);
IMPORT(fd_fdstat_set_flags)(int32_t fd, int32_t flags);
IMPORT(fd_fdstat_set_rights)(int32_t fd, int64_t base, int64_t inheriting);
IMPORT(fd_filestat_get)(int32_t fd, filestat *out);
IMPORT(fd_filestat_set_size)(int32_t fd, int64_t size);
IMPORT(fd_filestat_set_times)(int32_t fd, int64_t atim, int64_t mtim, int32_t flags);
IMPORT(fd_pread)(int32_t fd, const iovec *iovs, int32_t n, int64_t offset, uint32_t *out);
IMPORT(fd_prestat_get)(int32_t fd, prestat *out);
IMPORT(fd_prestat_dir_name)(int32_t fd, char *path, int32_t len);
IMPORT(fd_pwrite)(int32_t fd, const iovec *iovs, int32_t n, int64_t offset, uint32_t *out);
IMPORT(fd_read)(int32_t fd, const iovec *iovs, int32_t n, uint32_t *out);
IMPORT(fd_readdir)(int32_t fd, void *buf, int32_t len, int64_t cookie, uint32_t *out);
IMPORT(fd_renumber)(int32_t from, int32_t to);
IMPORT(fd_seek)(int32_t fd, int64_t offset, int32_t whence, uint64_t *out);
IMPORT(fd_sync)(int32_t fd);
IMPORT(fd_tell)(int32_t fd, uint64_t *out);
IMPORT(fd_write)(int32_t fd, const iovec *iovs, int32_t n, uint32_t *out);
IMPORT(path_create_directory)(int32_t fd, const char *path, int32_t len);
IMPORT(path_filestat_get)(int32_t fd, int32_t flags, const char *path, int32_t len, filestat *out);
IMPORT(path_filestat_set_times)(int32_t fd, int32_t flags, const char *path, int32_t len, int64_t atim, int64_t mtim, int32_t fst);
IMPORT(path_link)(int32_t old_fd, int32_t flags, const char *old, int32_t old_len, int32_t fd, const char *path, int32_t len);
IMPORT(path_open)(int32_t fd, int32_t dirflags, const char *path, int32_t len, int32_t oflags, int64_t base, int64_t inheriting, int32_t fdflags, int32_t *out);
IMPORT(path_readlink)(int32_t fd, const char *path, int32_t len, char *buf, int32_t size, uint32_t *out);
IMPORT(path_remove_directory)(int32_t fd, const char *path, int32_t len);
IMPORT(path_rename)(int32_t fd, const char *old, int32_t old_len, int32_t new_fd, const char *path, int32_t len);
IMPORT(path_symlink)(const char *target, int32_t target_len, int32_t fd, const char *path, int32_t len);
IMPORT(path_unlink_file)(int32_t fd, const char *path, int32_t len);
IMPORT(poll_oneoff)(const subscription *in, event *out, int32_t n, uint32_t *count);
IMPORT(sock_recv)(int32_t fd, const iovec *iovs, int32_t n, int32_t flags, uint32_t *size, uint16_t *out_flags);
IMPORT(sock_send)(int32_t fd, const iovec *iovs, int32_t n, int32_t flags, uint32_t *size);
IMPORT(sock_shutdown)(int32_t fd, int32_t how);

enum { ROOT = 3 }; // the one preopen, `/`
enum { FOLLOW = 1 };
enum { CREAT = 1, DIRECTORY = 2, EXCL = 4, TRUNC = 8 };
enum { APPEND = 1, DSYNC = 2, NONBLOCK = 4, RSYNC = 8, SYNC = 16 };
#define R_READ (1ll << 1)
#define R_SEEK (1ll << 2)
#define R_TELL (1ll << 5)
#define R_WRITE (1ll << 6)
#define R_READDIR (1ll << 14)
#define R_ALL_READ (R_READ | R_SEEK | R_TELL | R_READDIR | (1ll << 13) | (1ll << 15) | (1ll << 18) | (1ll << 21) | (1ll << 27))

// Declared in `../c/report.h` for the transcript program too: same names for the same numbers.
const char *name_of(int32_t e);

static inline int32_t open_at(int32_t dir, const char *path, int32_t oflags, int64_t rights, int32_t *fd) {
  *fd = -1;
  return p1_path_open(dir, FOLLOW, path, (int32_t)strlen(path), oflags, rights, rights, 0, fd);
}

void paths(void);
void descriptors(void);
void directories(void);
void polls(void);
void changes(void);
void last(void);
