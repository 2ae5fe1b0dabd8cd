// One line per fact, `label -> value`, so that two transcripts compare line by line.
//
// Kinds of sections, by who must agree with whom:
//   read   a host directory, the bundle on wasmtime and the bundle on V8
//   image  the bundle on both engines and the golden file (a writable host directory rightly differs)
#pragma once

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

// True when the program was asked for the sections that only a read-only image answers.
extern int image_sections;

static inline void section(const char *kind, const char *name) { printf("## %s %s\n", kind, name); }

// The WASI name of an errno, so that transcripts read without a table.
static inline const char *errno_name(int e) {
  static const char *const names[] = {
      "success", "2big", "acces", "addrinuse", "addrnotavail", "afnosupport", "again", "already", "badf",
      "badmsg", "busy", "canceled", "child", "connaborted", "connrefused", "connreset", "deadlk",
      "destaddrreq", "dom", "dquot", "exist", "fault", "fbig", "hostunreach", "idrm", "ilseq", "inprogress",
      "intr", "inval", "io", "isconn", "isdir", "loop", "mfile", "mlink", "msgsize", "multihop",
      "nametoolong", "netdown", "netreset", "netunreach", "nfile", "nobufs", "nodev", "noent", "noexec",
      "nolck", "nolink", "nomem", "nomsg", "noprotoopt", "nospc", "nosys", "notconn", "notdir", "notempty",
      "notrecoverable", "notsock", "notsup", "notty", "nxio", "overflow", "ownerdead", "perm", "pipe",
      "proto", "protonosupport", "prototype", "range", "rofs", "spipe", "srch", "stale", "timedout",
      "txtbsy", "xdev", "notcapable"};
  if (e < 0 || e >= (int)(sizeof names / sizeof *names)) return "?";
  return names[e];
}

// Prints `text` with control bytes escaped and long runs cut, so that a line stays a line.
static inline void print_text(const char *text) {
  size_t n = strlen(text);
  for (size_t i = 0; i < n; i++) {
    unsigned char c = (unsigned char)text[i];
    if (n > 120 && i == 40) {
      printf("...(%zu bytes)", n);
      return;
    }
    if (c < 0x20 || c == 0x7f || c == '\\') printf("\\x%02x", c);
    else putchar(c);
  }
}

// `call path -> n` or `call path -> errno`.
static inline void outcome(const char *call, const char *path, long long value) {
  int e = errno;
  printf("%s ", call);
  print_text(path);
  if (value < 0) printf(" -> %s\n", errno_name(e));
  else printf(" -> %lld\n", value);
}

// FNV-1a: enough to see a wrong byte, short enough to print.
static inline uint64_t fnv(uint64_t hash, const void *bytes, size_t n) {
  const unsigned char *p = bytes;
  for (size_t i = 0; i < n; i++) hash = (hash ^ p[i]) * 0x100000001b3ull;
  return hash;
}
#define FNV_START 0xcbf29ce484222325ull

static inline const char *type_name(mode_t mode) {
  return S_ISDIR(mode) ? "dir" : S_ISREG(mode) ? "file" : S_ISLNK(mode) ? "symlink" : "other";
}

void memory_before(void);
void memory_after(void);
void paths(void);
void reads(void);
void directories(void);
void descriptors(void);
void writes(void);
