(module
  (type (;0;) (func (param i32) (result i32)))
  (type (;1;) (func))
  (import "wasi_snapshot_preview1" "fd_close" (func $one (;0;) (type 0)))
  (import "env" "fd_close" (func $env (;1;) (type 0)))
  (import "wasi_snapshot_preview1" "fd_close" (func $two (;2;) (type 0)))
  (memory (;0;) 3)
  (global $wasi_vfs::pages (;0;) (mut i32) i32.const 1)
  (global $wasi_vfs::base (;1;) (mut i32) i32.const 65536)
  (global $wasi_vfs::region (;2;) (mut i32) i32.const 2)
  (export "memory" (memory 0))
  (export "_start" (func 3))
  (func (;3;) (type 1)
    i32.const 1
    call $wasi_vfs::fd_close
    call $env
    call $wasi_vfs::fd_close
    drop
  )
  (func $wasi_vfs::count (;4;) (type 0) (param i32) (result i32)
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
  (func $wasi_vfs::fd_close (;5;) (type 0) (param i32) (result i32)
    i32.const 16
    call $wasi_vfs::count
    drop
    local.get 0
    call $one
  )
  (data $wasi_vfs::image (;0;) "")
  (@producers
    (processed-by "wasi-vfs" "VERSION")
  )
)
