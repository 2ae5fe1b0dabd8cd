;; Every way to name a function: all eight forms of element segments, `ref.func` in code, in a global and in a table's
;; initializer, exports, tail calls. What names an interposed import names the interposer's function afterwards.
(module
  (import "wasi_snapshot_preview1" "fd_close" (func $close (param i32) (result i32)))
  (export "raw_close" (func $close))
  (import "env" "other" (func $other (param i32) (result i32)))
  (table $t 8 funcref)
  (table $u 4 4 funcref (ref.func $close))
  (memory (export "memory") 1)
  (global $g funcref (ref.func $close))
  (global $h funcref (ref.func $other))
  (export "close" (func $close))
  (export "other" (func $other))
  (elem (i32.const 0) $close $mine)                                        ;; 0: active, functions
  (elem func $close $other)                                                ;; 1: passive, functions
  (elem (table $u) (i32.const 0) func $mine $close)                        ;; 2: active with a table, functions
  (elem declare func $close)                                               ;; 3: declared, functions
  (elem (i32.const 2) funcref (ref.func $close) (ref.null func))           ;; 4: active, expressions
  (elem funcref (item (ref.func $other)) (item (ref.func $close)))         ;; 5: passive, expressions
  (elem (table $u) (i32.const 2) funcref (ref.null func) (ref.func $close));; 6: active with a table, expressions
  (elem declare funcref (ref.func $close) (ref.func $mine))                ;; 7: declared, expressions
  (func $mine (param i32) (result i32)
    (table.set $t (i32.const 5) (ref.func $close))
    (table.set $t (i32.const 6) (ref.func $mine))
    (drop (call $other (local.get 0)))
    (return_call $close (call_indirect $t (param i32) (result i32) (local.get 0) (i32.const 0)))))
