;; Data segments of its own, with a data count because two are passive: they keep their numbers.
(module
  (import "wasi_snapshot_preview1" "fd_close" (func $close (param i32) (result i32)))
  (memory (export "memory") 1)
  (data $active (i32.const 1024) "hello")
  (data $passive "world")
  (data $magic_but_active (i32.const 2048) "\00wasivfs")
  (data $other "\00wasivf")
  (func (export "_start")
    (memory.init $passive (i32.const 0) (i32.const 0) (i32.const 5))
    (data.drop $other)
    (drop (call $close (i32.const 3)))))
