;; Pointers that are not the program's to give. Each exported function must trap, as it does on a host
;; directory: the first byte behind the program's memory belongs to nobody the program may reach.
(module
  (import "wasi_snapshot_preview1" "path_open"
    (func $path_open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "path_filestat_get"
    (func $stat (param i32 i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_read" (func $fd_read (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_readdir" (func $fd_readdir (param i32 i32 i32 i64 i32) (result i32)))
  (import "wasi_snapshot_preview1" "path_readlink"
    (func $readlink (param i32 i32 i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_prestat_dir_name" (func $dir_name (param i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 64) "file.txt")
  (data (i32.const 96) "link-file")
  (func $end (result i32) (i32.mul (memory.size) (i32.const 65536)))
  (func $open
    (if (call $path_open (i32.const 3) (i32.const 1) (i32.const 64) (i32.const 8) (i32.const 0)
      (i64.const 2) (i64.const 0) (i32.const 0) (i32.const 16)) (then unreachable)))
  ;; Calls nothing: shows that the module itself runs.
  (func (export "fine") (result i32)
    (call $open)
    (i32.const 1))
  (func (export "result-behind-memory") (result i32)
    (call $path_open (i32.const 3) (i32.const 1) (i32.const 64) (i32.const 8) (i32.const 0)
      (i64.const 2) (i64.const 0) (i32.const 0) (call $end)))
  (func (export "path-behind-memory") (result i32)
    (call $stat (i32.const 3) (i32.const 1) (i32.sub (call $end) (i32.const 4)) (i32.const 8) (i32.const 128)))
  (func (export "path-at-the-top") (result i32)
    (call $stat (i32.const 3) (i32.const 1) (i32.const -4) (i32.const 8) (i32.const 128)))
  (func (export "filestat-behind-memory") (result i32)
    (call $stat (i32.const 3) (i32.const 1) (i32.const 64) (i32.const 8) (i32.sub (call $end) (i32.const 56))))
  (func (export "iovecs-behind-memory") (result i32)
    (call $open)
    (call $fd_read (i32.load (i32.const 16)) (i32.sub (call $end) (i32.const 4)) (i32.const 1) (i32.const 20)))
  (func (export "buffer-behind-memory") (result i32)
    (call $open)
    (i32.store (i32.const 0) (i32.sub (call $end) (i32.const 4)))
    (i32.store (i32.const 4) (i32.const 18))
    (call $fd_read (i32.load (i32.const 16)) (i32.const 0) (i32.const 1) (i32.const 20)))
  (func (export "listing-behind-memory") (result i32)
    (call $fd_readdir (i32.const 3) (i32.sub (call $end) (i32.const 8)) (i32.const 64) (i64.const 0) (i32.const 20)))
  (func (export "target-behind-memory") (result i32)
    (call $readlink (i32.const 3) (i32.const 96) (i32.const 9) (i32.sub (call $end) (i32.const 4)) (i32.const 8) (i32.const 20))))
