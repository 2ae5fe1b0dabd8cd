// SQLite at work in a directory: a database of more than 50 MB is created, filled, searched, half deleted, vacuumed and read again.
//
// Usage: sqlite DIRECTORY [ROWS]
//
// Every line is the same wherever the directory lies.
#include "sqlite3.h"
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static sqlite3 *db;
static const char *directory;

static int row(void *unused, int n, char **values, char **names) {
  (void)unused, (void)names;
  for (int i = 0; i < n; i++) printf("%s%s", i ? " | " : "  ", values[i] ? values[i] : "NULL");
  printf("\n");
  return 0;
}

static void run(const char *sql) {
  char *message = NULL;
  printf("%s\n", sql);
  if (sqlite3_exec(db, sql, row, NULL, &message) == SQLITE_OK) return;
  printf("  error: %s\n", message);
  sqlite3_free(message);
}

static char *path_of(const char *name) {
  static char path[300];
  snprintf(path, sizeof path, "%s/%s", directory, name);
  return path;
}

static void reopen(const char *journal) {
  if (db) printf("close -> %d\n", sqlite3_close(db));
  printf("open -> %d\n", sqlite3_open(path_of("test.db"), &db));
  char sql[100];
  snprintf(sql, sizeof sql, "PRAGMA journal_mode = %s", journal);
  run(sql);
  run("PRAGMA cache_size = 200"); // pages are written and read again all the time
}

static void files(void) {
  struct stat s;
  printf("size of the database -> %lld\n", stat(path_of("test.db"), &s) ? -1 : (long long)s.st_size);
  DIR *d = opendir(directory);
  int count = 0;
  struct dirent *e;
  while ((e = readdir(d))) count += e->d_name[0] != '.';
  closedir(d);
  printf("files beside it -> %d\n", count - 1);
}

static void fill(int rows) {
  run("BEGIN");
  sqlite3_stmt *insert;
  sqlite3_prepare_v2(db, "INSERT INTO item (name, data, number) VALUES (?, ?, ?)", -1, &insert, NULL);
  unsigned seed = 1;
  static char data[4000];
  int failed = 0;
  for (int i = 0; i < rows; i++) {
    char name[40];
    snprintf(name, sizeof name, "item number %d", (int)((i * 7919ll) % rows));
    int size = 200 + i % 3600;
    for (int k = 0; k < size; k += 4) {
      seed = seed * 1664525u + 1013904223u;
      memcpy(data + k, &seed, 4);
    }
    sqlite3_bind_text(insert, 1, name, -1, SQLITE_TRANSIENT);
    sqlite3_bind_blob(insert, 2, data, size, SQLITE_STATIC);
    sqlite3_bind_int(insert, 3, (int)(seed >> 8));
    failed += sqlite3_step(insert) != SQLITE_DONE;
    sqlite3_reset(insert);
  }
  sqlite3_finalize(insert);
  printf("failed inserts -> %d\n", failed);
  run("COMMIT");
}

int main(int argc, char **argv) {
  directory = argc > 1 ? argv[1] : ".";
  int rows = argc > 2 ? atoi(argv[2]) : 28000;
  setvbuf(stdout, NULL, _IOLBF, 0);
  // Temporary files go there too: they are unlinked as soon as they are open.
  sqlite3_temp_directory = sqlite3_mprintf("%s", directory);
  printf("sqlite %s\n", sqlite3_libversion());
  reopen("delete");
  run("CREATE TABLE item (id INTEGER PRIMARY KEY, name TEXT, data BLOB, number INT)");
  fill(rows);
  run("CREATE INDEX by_name ON item (name)");
  files();
  run("SELECT count(*), sum(length(data)), sum(number) FROM item");
  run("SELECT id, length(data), hex(substr(data, 1, 8)) FROM item WHERE name = 'item number 12345'");
  run("PRAGMA integrity_check");

  reopen("truncate");
  run("SELECT count(*), sum(number % 1000) FROM item");
  run("UPDATE item SET data = zeroblob(1000) WHERE id % 7 = 0");
  run("BEGIN");
  run("DELETE FROM item WHERE id % 3 = 0");
  run("SELECT count(*) FROM item");
  run("ROLLBACK"); // reads the journal back
  run("SELECT count(*), sum(length(data)) FROM item");
  run("DELETE FROM item WHERE id % 2 = 0");
  files();
  run("VACUUM");
  files();

  reopen("persist");
  run("PRAGMA integrity_check");
  run("SELECT count(*), sum(length(data)), sum(number) FROM item");
  run("SELECT name FROM item ORDER BY name LIMIT 3");
  run("CREATE TABLE other AS SELECT id, number FROM item ORDER BY number");
  run("SELECT count(*), min(number), max(number) FROM other JOIN item USING (id, number)");
  run("ATTACH DATABASE ':memory:' AS m");
  run("DROP TABLE item");
  run("VACUUM");
  files();
  printf("close -> %d\n", sqlite3_close(db));
  printf("done\n");
  return 0;
}
