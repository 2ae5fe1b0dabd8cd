;; Grows page by page and looks at every byte of each new page: it is zero, stays what the program wrote, and the
;; size follows, with calls of the interposer in between. Exit code 0, or the failed check.
(module
  (import "wasi_snapshot_preview1" "fd_close" (func $close (param i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
  (memory (export "memory") 1)
  (func $must (param $good i32) (param $code i32)
    (if (i32.eqz (local.get $good)) (then (call $exit (local.get $code)))))
  (func (export "_start") (local $pages i32) (local $i i32)
    (call $must (i32.eq (call $close (i32.const 99)) (i32.const 8)) (i32.const 10))
    ;; Page by page, each new one is zero and the size follows.
    (local.set $pages (i32.const 1))
    (loop $more
      (call $must (i32.eq (memory.grow (i32.const 1)) (local.get $pages)) (i32.const 11))
      (local.set $pages (i32.add (local.get $pages) (i32.const 1)))
      (call $must (i32.eq (memory.size) (local.get $pages)) (i32.const 12))
      (local.set $i (i32.mul (i32.sub (local.get $pages) (i32.const 1)) (i32.const 65536)))
      (loop $zero
        (call $must (i64.eqz (i64.load (local.get $i))) (i32.const 13))
        (i64.store (local.get $i) (i64.const -1))
        (br_if $zero (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 8)))
          (i32.mul (local.get $pages) (i32.const 65536)))))
      (call $must (i32.eq (call $close (i32.const 99)) (i32.const 8)) (i32.const 14))
      (br_if $more (i32.lt_u (local.get $pages) (i32.const 40))))))
