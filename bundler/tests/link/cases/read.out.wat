(module
  (type (;0;) (func (param i32)))
  (type (;1;) (func (param i32 i32 i32 i32) (result i32)))
  (type (;2;) (func))
  (type (;3;) (func (param i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (;0;) (type 0)))
  (import "wasi_snapshot_preview1" "fd_read" (func $read (;1;) (type 1)))
  (memory (;0;) 3)
  (global $wasi_vfs::pages (;0;) (mut i32) i32.const 1)
  (global $wasi_vfs::base (;1;) (mut i32) i32.const 65536)
  (global $wasi_vfs::region (;2;) (mut i32) i32.const 2)
  (export "memory" (memory 0))
  (export "_start" (func 2))
  (func (;2;) (type 2)
    i32.const 0
    i32.const 16
    i32.const 1
    i32.const 8
    call $wasi_vfs::fd_read
    call $exit
  )
  (func $wasi_vfs::count (;3;) (type 3) (param i32) (result i32)
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
  (func $wasi_vfs::fd_read (;4;) (type 1) (param i32 i32 i32 i32) (result i32)
    i32.const 8
    call $wasi_vfs::count
    drop
    local.get 0
    local.get 1
    local.get 2
    local.get 3
    call $read
  )
  (data $wasi_vfs::image (;0;) "")
  (@producers
    (processed-by "wasi-vfs" "VERSION")
  )
)
