;; Next to nothing: no functions, no code, no data of its own.
(module
  (import "wasi_snapshot_preview1" "fd_close" (func $close (param i32) (result i32)))
  (memory (export "memory") 0)
  (export "close" (func $close)))
