;; Active data segments and no data count: one is added before the code, and the start function stays what it is.
(module
  (import "wasi_snapshot_preview1" "fd_close" (func $close (param i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 1024) "hello")
  (func $init (drop (call $close (i32.const 3))))
  (start $init)
  (export "_initialize" (func $init)))
