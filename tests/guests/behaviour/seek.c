// Moves in a file.
#include <fcntl.h>
#include <unistd.h>

#include "say.h"

static int fd;

static void move(const char *what, off_t by, int whence) {
  off_t at = lseek(fd, by, whence);
  if (at < 0)
    printf("%s: %s\n", what, error_name());
  else
    printf("%s: %d\n", what, (int)at);
  char text[5] = "";
  ssize_t size = read(fd, text, 4);
  printf("  read %d bytes: %s\n", (int)size, text);
}

int main(void) {
  fd = open("/digits", O_RDONLY);
  move("from the start", 3, SEEK_SET);
  move("on", 1, SEEK_CUR);
  move("back", -6, SEEK_CUR);
  move("from the end", -2, SEEK_END);
  move("the end", 0, SEEK_END);
  move("behind the end", 5, SEEK_END);
  move("before the start", -100, SEEK_CUR);
  move("before the start", -1, SEEK_SET);
  char text[4] = "";
  printf("pread: %d %.3s\n", (int)pread(fd, text, 3, 2), text);
  printf("it did not move: %d\n", (int)lseek(fd, 0, SEEK_CUR));
  FILE *file = fopen("/digits", "r");
  fseek(file, 4, SEEK_SET);
  printf("fseek: %c at %ld\n", fgetc(file), ftell(file));
  fseek(file, -1, SEEK_END);
  printf("fseek: %c at %ld, then %d\n", fgetc(file), ftell(file), fgetc(file));
  rewind(file);
  printf("rewind: %c\n", fgetc(file));
  return 0;
}
