;; options: none
;; What serves the standard streams is all that this program imports.
(module
  (import "wasi_snapshot_preview1" "fd_close" (func $close (param i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_read" (func $read (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (export "read" (func $read))
  (export "close" (func $close)))
