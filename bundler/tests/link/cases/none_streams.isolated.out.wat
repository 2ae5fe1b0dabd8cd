(module
  (type (;0;) (func (param i32) (result i32)))
  (type (;1;) (func (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_close" (func $close (;0;) (type 0)))
  (import "wasi_snapshot_preview1" "fd_read" (func $read (;1;) (type 1)))
  (memory (;0;) 1)
  (memory $wasi_vfs::memory (;1;) 2)
  (export "memory" (memory 0))
  (export "read" (func $wasi_vfs::fd_read))
  (export "close" (func $wasi_vfs::fd_close))
  (func $wasi_vfs::count (;2;) (type 0) (param i32) (result i32)
    local.get 0
    local.get 0
    i32.load $wasi_vfs::memory
    i32.const 1
    i32.add
    i32.store $wasi_vfs::memory
    local.get 0
    i32.load $wasi_vfs::memory
  )
  (func $wasi_vfs::fd_read (;3;) (type 1) (param i32 i32 i32 i32) (result i32)
    i32.const 8
    call $wasi_vfs::count
    drop
    local.get 0
    local.get 1
    local.get 2
    local.get 3
    call $read
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
