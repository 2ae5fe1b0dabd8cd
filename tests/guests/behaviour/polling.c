// Waits: for a clock, for a file, for standard input.
#include <fcntl.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "say.h"

static void say_poll(const char *what, int fd) {
  struct pollfd one = {.fd = fd, .events = POLLRDNORM};
  int count = poll(&one, 1, 1000);
  printf("%s: %d ready%s\n", what, count, one.revents & POLLRDNORM ? ", to be read" : "");
}

int main(int argc, char **argv) {
  struct timespec moment = {.tv_nsec = 1000};
  printf("sleep: %d\n", clock_nanosleep(CLOCK_MONOTONIC, 0, &moment, NULL));
  int fd = open("/dev/polling", O_RDONLY), left = -1;
  say_poll("a file", fd);
  printf("FIONREAD: %d, %d bytes\n", ioctl(fd, FIONREAD, &left), left);
  char text[4];
  left = -1;
  printf("read: %d\n", (int)read(fd, text, sizeof text));
  printf("FIONREAD: %d, %d bytes\n", ioctl(fd, FIONREAD, &left), left);
  if (argc < 2) return 0;
  say_poll(argv[1], 0);
  struct pollfd both[] = {{.fd = 0, .events = POLLRDNORM}, {.fd = fd, .events = POLLRDNORM}};
  printf("one of both: %d\n", poll(both, 2, 1000) > 0);
  return 0;
}
