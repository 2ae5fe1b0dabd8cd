;; options: none
;; Nothing else is imported that could stand in the places of these.
(module
  (import "wasi_snapshot_preview1" "fd_tell" (func $tell (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_renumber" (func $renumber (param i32 i32) (result i32)))
  (memory (export "memory") 1)
  (export "tell" (func $tell))
  (export "renumber" (func $renumber)))
