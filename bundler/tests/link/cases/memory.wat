;; The size of the memory: reads become a global, growth becomes a call. The declared maximum makes room twice.
(module
  (import "wasi_snapshot_preview1" "fd_close" (func (param i32) (result i32)))
  (memory (export "memory") 2 10)
  (global (mut i32) (i32.const 7))
  (func (export "size") (result i32) (memory.size))
  (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0)))
  (func (export "both") (result i32)
    (if (result i32) (i32.eq (memory.grow (i32.const 1)) (i32.const -1))
      (then (unreachable))
      (else (i32.mul (memory.size) (i32.const 65536))))))
