;; The file is read by the module's start function, before anything is called.
(module
  (import "wasi_snapshot_preview1" "path_filestat_get"
    (func $stat (param i32 i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (global $size (mut i32) (i32.const 0))
  (data (i32.const 64) "file.txt")
  (func $begin
    (if (call $stat (i32.const 3) (i32.const 1) (i32.const 64) (i32.const 8) (i32.const 128)) (then unreachable))
    (global.set $size (i32.load (i32.const 160))))
  (start $begin)
  (func (export "size") (result i32) (global.get $size)))
