;; Types in recursive groups count one each, and a type that looks right but belongs to a group is not reused.
(module
  (rec (type $a (func (param i32) (result i32))) (type $b (struct (field (ref null $a)))))
  (type $c (sub (func (param i32) (result i32))))
  (type $close (func (param i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_close" (func $fd_close (type $close)))
  (memory (export "memory") 1)
  (func (export "_start") (drop (call $fd_close (memory.grow (i32.const 1))))))
