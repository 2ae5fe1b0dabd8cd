;; One WASI function imported twice, and names of other modules: both are interposed, `env.fd_close` is not.
(module
  (import "wasi_snapshot_preview1" "fd_close" (func $one (param i32) (result i32)))
  (import "env" "fd_close" (func $env (param i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_close" (func $two (param i32) (result i32)))
  (memory (export "memory") 1)
  (func (export "_start")
    (drop (call $one (call $env (call $two (i32.const 1)))))))
