;; Passive data segments of the program's own: their indices and contents stay, also once dropped, and its bulk
;; operations reach its own memory only. Exit code 0, or the failed check.
(module
  (import "wasi_snapshot_preview1" "path_filestat_get"
    (func $stat (param i32 i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
  (memory (export "memory") 1)
  (table $t 2 funcref)
  (data $first "file.txt")
  (data (i32.const 256) "active")
  (data $second "0123456789")
  (elem $names func $fine)
  (func $fine)
  (func $must (param $good i32) (param $code i32)
    (if (i32.eqz (local.get $good)) (then (call $exit (local.get $code)))))
  (func (export "_start")
    (memory.init $first (i32.const 64) (i32.const 0) (i32.const 8))
    (call $must (i32.eqz (call $stat (i32.const 3) (i32.const 1) (i32.const 64) (i32.const 8) (i32.const 128))) (i32.const 10))
    (data.drop $first)
    (memory.init $second (i32.const 300) (i32.const 2) (i32.const 4))
    (call $must (i32.eq (i32.load (i32.const 300)) (i32.const 0x35343332)) (i32.const 11)) ;; "2345"
    (call $must (i32.eq (i32.load (i32.const 256)) (i32.const 0x69746361)) (i32.const 12)) ;; "acti"
    (data.drop $second)
    ;; The tree is still there: no drop of the program's reaches it.
    (call $must (i32.eqz (call $stat (i32.const 3) (i32.const 1) (i32.const 64) (i32.const 8) (i32.const 128))) (i32.const 13))
    ;; Fill and copy to the very end of the program's memory.
    (memory.fill (i32.const 1024) (i32.const 7) (i32.const 64512))
    (memory.copy (i32.const 65528) (i32.const 64) (i32.const 8))
    (call $must (i32.eqz (call $stat (i32.const 3) (i32.const 1) (i32.const 65528) (i32.const 8) (i32.const 128))) (i32.const 14))
    (table.init $t $names (i32.const 1) (i32.const 0) (i32.const 1))
    (elem.drop $names)
    (call_indirect $t (i32.const 1))))
