(module
  (type (;0;) (func (param i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_close" (func $close (;0;) (type 0)))
  (import "env" "other" (func $other (;1;) (type 0)))
  (table $t (;0;) 8 funcref)
  (table $u (;1;) 4 4 funcref ref.func $wasi_vfs::fd_close)
  (memory (;0;) 3)
  (global $g (;0;) funcref ref.func $wasi_vfs::fd_close)
  (global $h (;1;) funcref ref.func $other)
  (global $wasi_vfs::pages (;2;) (mut i32) i32.const 1)
  (global $wasi_vfs::base (;3;) (mut i32) i32.const 65536)
  (global $wasi_vfs::region (;4;) (mut i32) i32.const 2)
  (export "raw_close" (func $wasi_vfs::fd_close))
  (export "memory" (memory 0))
  (export "close" (func $wasi_vfs::fd_close))
  (export "other" (func $other))
  (elem (;0;) (i32.const 0) func $wasi_vfs::fd_close $mine)
  (elem (;1;) func $wasi_vfs::fd_close $other)
  (elem (;2;) (table $u) (i32.const 0) func $mine $wasi_vfs::fd_close)
  (elem (;3;) declare func $wasi_vfs::fd_close)
  (elem (;4;) (i32.const 2) funcref (ref.func $wasi_vfs::fd_close) (ref.null func))
  (elem (;5;) funcref (ref.func $other) (ref.func $wasi_vfs::fd_close))
  (elem (;6;) (table $u) (i32.const 2) funcref (ref.null func) (ref.func $wasi_vfs::fd_close))
  (elem (;7;) declare funcref (ref.func $wasi_vfs::fd_close) (ref.func $mine))
  (func $mine (;2;) (type 0) (param i32) (result i32)
    i32.const 5
    ref.func $wasi_vfs::fd_close
    table.set $t
    i32.const 6
    ref.func $mine
    table.set $t
    local.get 0
    call $other
    drop
    local.get 0
    i32.const 0
    call_indirect (type 0)
    return_call $wasi_vfs::fd_close
  )
  (func $wasi_vfs::count (;3;) (type 0) (param i32) (result i32)
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
  (func $wasi_vfs::fd_close (;4;) (type 0) (param i32) (result i32)
    i32.const 16
    call $wasi_vfs::count
    drop
    local.get 0
    call $close
  )
  (data $wasi_vfs::image (;0;) "")
  (@producers
    (processed-by "wasi-vfs" "VERSION")
  )
)
