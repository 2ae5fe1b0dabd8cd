// The C++ view: containers, streams and a walk over the tree.
//
// No libc++ for wasm32-wasi has file streams or std::filesystem, so `Input` is what C++ programs for
// WASI bring along: a stream buffer over read and lseek.
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <iostream>
#include <iterator>
#include <sstream>
#include <streambuf>
#include <string>
#include <vector>

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

class Input : public std::streambuf {
public:
  explicit Input(const char *path) : fd(open(path, O_RDONLY)) {}
  ~Input() override {
    if (fd >= 0) close(fd);
  }
  bool is_open() const { return fd >= 0; }

protected:
  int_type underflow() override {
    ssize_t n = read(fd, buffer, sizeof buffer);
    if (n <= 0) return traits_type::eof();
    setg(buffer, buffer, buffer + n);
    return traits_type::to_int_type(*gptr());
  }
  pos_type seekoff(off_type offset, std::ios_base::seekdir way, std::ios_base::openmode) override {
    int whence = way == std::ios_base::beg ? SEEK_SET : way == std::ios_base::cur ? SEEK_CUR : SEEK_END;
    if (whence == SEEK_CUR) offset -= egptr() - gptr();
    off_t at = lseek(fd, offset, whence);
    setg(buffer, buffer, buffer);
    return at;
  }
  pos_type seekpos(pos_type at, std::ios_base::openmode mode) override { return seekoff(at, std::ios_base::beg, mode); }

private:
  int fd;
  char buffer[1000];
};

static uint64_t fnv(const std::string &bytes) {
  uint64_t hash = 0xcbf29ce484222325ull;
  for (unsigned char c : bytes) hash = (hash ^ c) * 0x100000001b3ull;
  return hash;
}

static void streams() {
  std::cout << "## read streams\n";
  for (const char *path : {"/file.txt", "/size-0", "/size-1m", "/日本語/ファイル.txt", "/link-file", "/chain-20/file.txt",
                           "/missing", "/file.txt/", "/dangling", "/loop-self"}) {
    Input file(path);
    std::istream in(&file);
    std::cout << path << " open -> " << file.is_open() << "\n";
    std::string all{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
    std::cout << path << " bytes -> " << all.size() << " fnv " << std::hex << fnv(all) << std::dec << "\n";
  }
  Input file("/text.txt");
  std::istream text(&file);
  std::string line;
  int lines = 0;
  while (std::getline(text, line)) lines++;
  std::cout << "lines -> " << lines << "\n";
  text.clear();
  text.seekg(-20, std::ios::end);
  std::cout << "tellg -> " << text.tellg() << "\n";
  std::getline(text, line);
  std::cout << "line there -> " << line << "\n";
  text.seekg(0);
  std::string word;
  int number = 0;
  text >> word >> number;
  std::cout << "extracted -> " << word << " " << number << "\n";
  text.seekg(-1);
  std::cout << "seek before the start fails -> " << text.fail() << "\n";
}

static void walk(const std::string &dir, std::vector<std::string> &found) {
  DIR *d = opendir(dir.c_str());
  if (!d) return;
  while (dirent *e = readdir(d)) {
    std::string name = e->d_name;
    if (name == "." || name == "..") continue;
    std::string path = dir == "/" ? "/" + name : dir + "/" + name;
    struct stat s;
    if (lstat(path.c_str(), &s) != 0) continue;
    found.push_back(path);
    // What lies below `/mode` is not for everyone to see; the C guest looks at it.
    if (S_ISDIR(s.st_mode) && path != "/mode") walk(path, found);
  }
  closedir(d);
}

static void tree() {
  std::cout << "## read tree\n";
  std::vector<std::string> found;
  walk("/", found);
  std::sort(found.begin(), found.end());
  std::ostringstream all;
  for (const std::string &path : found) all << path << '\n';
  std::cout << "entries -> " << found.size() << " fnv " << std::hex << fnv(all.str()) << std::dec << "\n";
}

int main() {
  streams();
  tree();
  std::cout << "## read end\ndone\n";
}
