// poll_oneoff over embedded files, clocks and what the host has. Kind `poll`: for hosts that poll several
// things at once (wasmtime), and only in a bundle: a host directory's file says little about its bytes.
#include "wasi.h"

extern int image_sections;

static subscription on_fd(uint64_t userdata, uint8_t tag, int32_t fd) {
  subscription s = {.userdata = userdata, .tag = tag};
  s.u.fd = (uint32_t)fd;
  return s;
}

static subscription in(uint64_t userdata, uint64_t ns) {
  subscription s = {.userdata = userdata, .tag = 0};
  s.u.clock.id = 1;
  s.u.clock.timeout = ns;
  return s;
}

static void poll(const char *label, const subscription *subs, int32_t n) {
  event events[4];
  uint32_t count = 0;
  memset(events, 0, sizeof events);
  int32_t e = p1_poll_oneoff(subs, events, n, &count);
  printf("%s -> %s %u", label, name_of(e), e ? 0 : count);
  for (uint32_t i = 0; !e && i < count && i < 4; i++)
    printf(" [%llu %s type %d bytes %llu flags %d]", (unsigned long long)events[i].userdata, name_of(events[i].error),
           events[i].type, (unsigned long long)events[i].nbytes, events[i].flags);
  printf("\n");
}

void polls(void) {
  int32_t file, dir;
  open_at(ROOT, "size-4096", 0, R_ALL_READ, &file);
  open_at(ROOT, "dir", DIRECTORY, R_ALL_READ, &dir);
  printf("## read poll a clock\n");
  subscription clock = in(7, 1000);
  poll("clock", &clock, 1);
  poll("nothing", &clock, 0);

  if (!image_sections) {
    p1_fd_close(file);
    p1_fd_close(dir);
    return;
  }
  printf("## poll files\n");
  subscription one = on_fd(11, 1, file);
  poll("read a file", &one, 1);
  uint64_t at;
  p1_fd_seek(file, 4000, 0, &at);
  poll("read a file near its end", &one, 1);
  p1_fd_seek(file, 0, 2, &at);
  poll("read a file at its end", &one, 1);
  subscription mixed[2] = {on_fd(1, 1, file), in(2, 60000000000ull)};
  poll("a file and a minute", mixed, 2);
  subscription swapped[2] = {in(2, 60000000000ull), on_fd(1, 1, file)};
  poll("a minute and a file", swapped, 2);
  subscription closed = on_fd(5, 1, 700);
  poll("a closed descriptor", &closed, 1);
  subscription write = on_fd(6, 2, file);
  poll("write to a file opened for reading", &write, 1);
  subscription directory = on_fd(8, 1, dir);
  poll("read a directory", &directory, 1);
  // Whether the host's stream is ready in that moment is its own business; the file is.
  subscription out[2] = {on_fd(3, 2, 1), on_fd(4, 1, file)};
  event events[2];
  uint32_t count = 0;
  int32_t e = p1_poll_oneoff(out, events, 2, &count);
  int ready = 0;
  for (uint32_t i = 0; !e && i < count; i++) ready += events[i].userdata == 4 && events[i].error == 0;
  printf("write to stdout and read a file -> %s, the file is ready: %d\n", name_of(e), ready);
  p1_fd_close(file);
  p1_fd_close(dir);
}
