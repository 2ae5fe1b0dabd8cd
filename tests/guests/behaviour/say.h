// What the guests of this folder have in common: a line for each thing they see.
#include <errno.h>
#include <stdio.h>
#include <string.h>

// The name of the last error: its text is another in each C library.
static inline const char *error_name(void) {
  switch (errno) {
    case EBADF: return "EBADF";
    case ENOENT: return "ENOENT";
    case ENOTDIR: return "ENOTDIR";
    case EISDIR: return "EISDIR";
    case EINVAL: return "EINVAL";
    case EPERM: return "EPERM";
    case EROFS: return "EROFS";
    default: return strerror(errno);
  }
}

// A path and what is in the file, or why it can't be read.
static inline void say_file(const char *path) {
  FILE *file = fopen(path, "r");
  char text[256];
  size_t size = file ? fread(text, 1, sizeof text - 1, file) : 0;
  if (!file || ferror(file))
    printf("%s: %s\n", path, error_name());
  else
    printf("%s: %.*s", path, (int)size, text);
  if (file) fclose(file);
}
