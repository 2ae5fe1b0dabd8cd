;; An interposer that shows what it has in its memory.
(module
  (import "wasi_snapshot_preview1" "fd_ask" (func $host_fd_ask (result i32)))
  (import "wasi_vfs" "program_pages" (func $program_pages (result i32)))
  (memory 2)
  (data (i32.const 131068) "\01\02\03\04")
  (func (export "fd_put") (param i32 i32) (i32.store8 (local.get 0) (local.get 1)))
  (func (export "fd_get") (param i32) (result i32) (i32.load8_u (local.get 0)))
  (func (export "fd_more") (param i32) (result i32) (memory.grow (local.get 0)))
  (func (export "fd_room") (result i32) (memory.size))
  (func (export "fd_pages") (result i32) (call $program_pages))
  ;; The host may grow the memory while the interposer is at work.
  (func (export "fd_ask") (result i32)
    (local $answer i32)
    (i32.store (i32.const 100) (i32.const 7))
    (local.set $answer (call $host_fd_ask))
    (i32.add (local.get $answer) (i32.load (i32.const 100)))))
