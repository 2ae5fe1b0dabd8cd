;; interposer: fold
;; What this program can't make happen is left out.
(module
  (import "wasi_snapshot_preview1" "fd_close" (func $close (param i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_sync" (func $sync (param i32) (result i32)))
  (memory (export "memory") 1)
  (export "close" (func $close))
  (export "sync" (func $sync)))
