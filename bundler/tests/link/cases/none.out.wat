(module
  (type (;0;) (func (param i32 i32) (result i32)))
  (type (;1;) (func))
  (type (;2;) (func (param i32 i32 i32 i32) (result i32)))
  (type (;3;) (func (param i32) (result i32)))
  (type (;4;) (func (param i32)))
  (import "wasi_snapshot_preview1" "fd_read" (func (;0;) (type 2)))
  (import "env" "global" (global (;0;) i32))
  (import "env" "first" (func $first (;1;) (type 1)))
  (import "wasi_snapshot_preview1" "fd_read" (func $read (;2;) (type 2)))
  (import "wasi_snapshot_preview1" "fd_read" (func (;3;) (type 2)))
  (import "wasi_snapshot_preview1" "fd_sync" (func $sync (;4;) (type 3)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (;5;) (type 4)))
  (memory (;0;) 3)
  (global $wasi_vfs::pages (;1;) (mut i32) i32.const 1)
  (global $wasi_vfs::base (;2;) (mut i32) i32.const 65536)
  (global $wasi_vfs::region (;3;) (mut i32) i32.const 2)
  (global $wasi_vfs::stack (;4;) (mut i32) i32.const 131072)
  (export "memory" (memory 0))
  (export "tell" (func $wasi_vfs::fd_tell))
  (export "_start" (func $main))
  (elem (;0;) declare func $wasi_vfs::fd_renumber)
  (func $main (;6;) (type 1)
    call $first
    i32.const 1
    i32.const 2
    i32.const 3
    i32.const 4
    call $wasi_vfs::fd_read
    drop
    i32.const 1
    i32.const 2
    call $wasi_vfs::fd_renumber
    drop
    ref.func $wasi_vfs::fd_renumber
    drop
    i32.const 1
    call $sync
    drop
    i32.const 0
    call $exit
  )
  (func $wasi_vfs::count (;7;) (type 3) (param i32) (result i32)
    local.get 0
    global.get $wasi_vfs::base
    i32.add
    local.get 0
    global.get $wasi_vfs::base
    i32.add
    i32.load
    i32.const 1
    i32.add
    i32.store
    local.get 0
    global.get $wasi_vfs::base
    i32.add
    i32.load
  )
  (func $wasi_vfs::fd_read (;8;) (type 2) (param i32 i32 i32 i32) (result i32)
    i32.const 8
    call $wasi_vfs::count
    drop
    local.get 0
    local.get 1
    local.get 2
    local.get 3
    call $read
  )
  (func $wasi_vfs::fd_renumber (;9;) (type 0) (param i32 i32) (result i32)
    local.get 0
    call $"wasi_vfs::errno.52(i32)"
    drop
    local.get 0
    call $exit
    global.get $wasi_vfs::stack
    call $"wasi_vfs::errno.8(i32)"
  )
  (func $wasi_vfs::fd_tell (;10;) (type 0) (param i32 i32) (result i32)
    local.get 1
    i32.const 0
    i32.store align=1
    i32.const 0
  )
  (func $"wasi_vfs::errno.52(i32)" (;11;) (type 3) (param i32) (result i32)
    i32.const 52
  )
  (func $"wasi_vfs::errno.8(i32)" (;12;) (type 3) (param i32) (result i32)
    i32.const 8
  )
  (data $wasi_vfs::image (;0;) "")
  (@producers
    (processed-by "wasi-vfs" "VERSION")
  )
)
