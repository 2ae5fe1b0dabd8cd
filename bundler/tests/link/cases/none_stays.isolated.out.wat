;; wasi_vfs::link::imports_stay
;; the bundle still imports `fd_tell`, `fd_renumber` of `wasi_snapshot_preview1`: the program has no other import to replace them with
;; help: they are never called, but the engine must provide functions of these names. A program that can exit or print does not need them
(module
  (type (;0;) (func (param i32 i32) (result i32)))
  (type (;1;) (func (param i32) (result i32)))
  (type (;2;) (func (param i32)))
  (import "wasi_snapshot_preview1" "fd_tell" (func $tell (;0;) (type 0)))
  (import "wasi_snapshot_preview1" "fd_renumber" (func $renumber (;1;) (type 0)))
  (memory (;0;) 1)
  (memory $wasi_vfs::memory (;1;) 2)
  (global $wasi_vfs::stack (;0;) (mut i32) i32.const 131072)
  (export "memory" (memory 0))
  (export "tell" (func $wasi_vfs::fd_tell))
  (export "renumber" (func $wasi_vfs::fd_renumber))
  (func $wasi_vfs::fd_renumber (;2;) (type 0) (param i32 i32) (result i32)
    local.get 0
    call $"wasi_vfs::errno.52(i32)"
    drop
    local.get 0
    call $"#func6 wasi_vfs::errno.52(i32)"
    global.get $wasi_vfs::stack
    call $"wasi_vfs::errno.8(i32)"
  )
  (func $wasi_vfs::fd_tell (;3;) (type 0) (param i32 i32) (result i32)
    local.get 1
    i32.const 0
    i32.store align=1
    i32.const 0
  )
  (func $"wasi_vfs::errno.52(i32)" (;4;) (type 1) (param i32) (result i32)
    i32.const 52
  )
  (func $"wasi_vfs::errno.8(i32)" (;5;) (type 1) (param i32) (result i32)
    i32.const 8
  )
  (func $"#func6 wasi_vfs::errno.52(i32)" (@name "wasi_vfs::errno.52(i32)") (;6;) (type 2) (param i32)
    unreachable
  )
  (data $wasi_vfs::image (;0;) "")
  (@producers
    (processed-by "wasi-vfs" "VERSION")
  )
)
