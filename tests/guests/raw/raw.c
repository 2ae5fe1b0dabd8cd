// preview1 without a libc in between: exact errnos, exact bytes, odd arguments.
//
// Usage: raw [image]    with `image` also the sections that only a bundle answers.
#include "wasi.h"
#include "../c/report.h"

int image_sections;

const char *name_of(int32_t e) { return errno_name(e); }

int main(int argc, char **argv) {
  image_sections = argc > 1 && strcmp(argv[1], "image") == 0;
  setvbuf(stdout, NULL, _IOLBF, 0);
  paths();
  descriptors();
  directories();
  polls();
  if (image_sections) {
    changes();
    last();
  }
  printf("## read end\ndone\n");
  return 0;
}
