;; interposer: fold
;; options: none
;; The same with everything decided otherwise.
(module
  (import "wasi_unstable" "fd_close" (func $close (param i32) (result i32)))
  (import "wasi_unstable" "fd_sync" (func $sync (param i32) (result i32)))
  (import "wasi_unstable" "proc_exit" (func $exit (param i32)))
  (memory (export "memory") 1)
  (export "close" (func $close))
  (export "sync" (func $sync)))
