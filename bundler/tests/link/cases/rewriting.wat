;; interposer: rewriting
(module
  (import "wasi_snapshot_preview1" "fd_read" (func $read (param i32 i32) (result i32)))
  (memory (export "memory") 3)
  (data (i32.const 0) "program")
  (func (export "_start") (drop (call $read (i32.const 0) (i32.const 1)))))
