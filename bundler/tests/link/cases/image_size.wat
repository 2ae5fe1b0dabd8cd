;; Answers that need neither host nor own memory.
(module
  (import "wasi_snapshot_preview1" "fd_tell" (func $tell (param i32 i32) (result i32)))
  (memory (export "memory") 1)
  (func (export "_start") (drop (call $tell (i32.const 3) (i32.const 4)))))
