// Everything a C program can ask of a read-only tree, written down line by line.
//
// Usage: probe [image]    with `image` also the sections that only a bundle answers.
#include "report.h"

int image_sections;

int main(int argc, char **argv) {
  image_sections = argc > 1 && strcmp(argv[1], "image") == 0;
  setvbuf(stdout, NULL, _IOLBF, 0); // a trap must not swallow the lines before it
  memory_before();
  paths();
  reads();
  directories();
  descriptors();
  if (image_sections) writes();
  memory_after();
  section("read", "end");
  printf("done\n");
  return 0;
}
