;; A program that imports nothing but what it needs: no fd_write, no fd_close, no prestat, no data section.
;; The bundle must not ask the host for more. Exit code 0, or the failed check.
(module
  (import "wasi_snapshot_preview1" "path_filestat_get"
    (func $stat (param i32 i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_filestat_get" (func $fstat (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
  (memory (export "memory") 1)
  (func $must (param $good i32) (param $code i32)
    (if (i32.eqz (local.get $good)) (then (call $exit (local.get $code)))))
  (func (export "_start")
    (i64.store (i32.const 64) (i64.const 0x7478742e656c6966)) ;; "file.txt"
    (call $must (i32.eqz (call $stat (i32.const 3) (i32.const 1) (i32.const 64) (i32.const 8) (i32.const 128))) (i32.const 10))
    (call $must (i32.eq (i32.load8_u (i32.const 144)) (i32.const 4)) (i32.const 11)) ;; a regular file
    (call $must (i64.eq (i64.load (i32.const 160)) (i64.const 18)) (i32.const 12)) ;; its size
    (call $must (i32.eqz (call $fstat (i32.const 3) (i32.const 128))) (i32.const 13))
    (call $must (i32.eq (i32.load8_u (i32.const 144)) (i32.const 3)) (i32.const 14)) ;; a directory
    (call $must (i32.eq (call $fstat (i32.const 77) (i32.const 128)) (i32.const 8)) (i32.const 15)))) ;; badf
