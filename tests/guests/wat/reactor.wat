;; A reactor: `_initialize` opens a file, exported functions read on from it, long after.
(module
  (import "wasi_snapshot_preview1" "path_open"
    (func $path_open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_read" (func $fd_read (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (global $fd (mut i32) (i32.const -1))
  (data (i32.const 64) "file.txt")
  (func (export "_initialize")
    (if (call $path_open (i32.const 3) (i32.const 1) (i32.const 64) (i32.const 8) (i32.const 0)
      (i64.const 2) (i64.const 0) (i32.const 0) (i32.const 16)) (then unreachable))
    (global.set $fd (i32.load (i32.const 16))))
  ;; The next byte of the file, or -1 at its end.
  (func (export "next") (result i32)
    (i32.store (i32.const 0) (i32.const 32))
    (i32.store (i32.const 4) (i32.const 1))
    (if (call $fd_read (global.get $fd) (i32.const 0) (i32.const 1) (i32.const 20)) (then unreachable))
    (if (result i32) (i32.load (i32.const 20)) (then (i32.load8_u (i32.const 32))) (else (i32.const -1)))))
