;; The host grows the memory from outside, while it serves `random_get`, as an adapter or an embedder may.
;; Whatever was there stays, the new pages are zero and belong to the program. Exit code 0, or the failed check.
(module
  (import "wasi_snapshot_preview1" "path_open"
    (func $path_open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_read" (func $fd_read (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_tell" (func $fd_tell (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "random_get" (func $random_get (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
  (memory (export "memory") 2)
  (data (i32.const 64) "file.txt")
  (func $must (param $good i32) (param $code i32)
    (if (i32.eqz (local.get $good)) (then (call $exit (local.get $code)))))
  (func $read (param $at i32) (result i32)
    (i32.store (i32.const 0) (local.get $at))
    (i32.store (i32.const 4) (i32.const 4))
    (call $fd_read (i32.load (i32.const 16)) (i32.const 0) (i32.const 1) (i32.const 20)))
  (func (export "_start") (local $old i32)
    (call $must (i32.eqz (call $path_open (i32.const 3) (i32.const 1) (i32.const 64) (i32.const 8) (i32.const 0)
      (i64.const 0x22) (i64.const 0) (i32.const 0) (i32.const 16))) (i32.const 10))
    (call $must (i32.eqz (call $read (i32.const 1024))) (i32.const 11))
    (call $must (i32.eq (i32.load (i32.const 1024)) (i32.const 0x6c6c6568)) (i32.const 12)) ;; "hell"
    ;; Fill what the program has, to the last byte.
    (memory.fill (i32.const 65536) (i32.const 0xa5) (i32.const 65536))
    ;; The host grows by 3 pages here.
    (call $must (i32.eqz (call $random_get (i32.const 2048) (i32.const 4))) (i32.const 13))
    ;; The open file is as it was: the interposer's state did not get lost.
    (call $must (i32.eqz (call $read (i32.const 1024))) (i32.const 14))
    (call $must (i32.eq (i32.load (i32.const 1024)) (i32.const 0x7266206f)) (i32.const 15)) ;; "o fr"
    ;; Growing on works, gives zeroed pages and keeps what was there.
    (local.set $old (memory.size))
    (call $must (i32.ge_u (local.get $old) (i32.const 2)) (i32.const 16))
    (call $must (i32.eq (memory.grow (i32.const 2)) (local.get $old)) (i32.const 17))
    (call $must (i32.ge_u (memory.size) (i32.add (local.get $old) (i32.const 2))) (i32.const 18))
    (call $must (i64.eq (i64.load (i32.const 65536)) (i64.const 0xa5a5a5a5a5a5a5a5)) (i32.const 19))
    (call $must (i64.eq (i64.load (i32.const 131064)) (i64.const 0xa5a5a5a5a5a5a5a5)) (i32.const 20))
    (memory.fill (i32.mul (local.get $old) (i32.const 65536)) (i32.const 0x5a) (i32.const 131072))
    (call $must (i32.eqz (call $read (i32.const 1024))) (i32.const 21))
    (call $must (i32.eq (i32.load (i32.const 1024)) (i32.const 0x61206d6f)) (i32.const 22)) ;; "om a"
    (call $must (i32.eqz (call $fd_tell (i32.load (i32.const 16)) (i32.const 24))) (i32.const 23))
    (call $must (i64.eq (i64.load (i32.const 24)) (i64.const 12)) (i32.const 24))
    ;; Once more, after the program grew itself.
    (call $must (i32.eqz (call $random_get (i32.const 2048) (i32.const 4))) (i32.const 25))
    (call $must (i32.eqz (call $read (i32.const 1024))) (i32.const 26))
    (call $must (i32.eq (i32.load (i32.const 1024)) (i32.const 0x6c696620)) (i32.const 27)))) ;; " fil"
