(module
  (type (;0;) (func (param i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_close" (func $close (;0;) (type 0)))
  (memory (;0;) 0)
  (memory $wasi_vfs::memory (;1;) 2)
  (export "memory" (memory 0))
  (export "close" (func $wasi_vfs::fd_close))
  (func $wasi_vfs::count (;1;) (type 0) (param i32) (result i32)
    local.get 0
    local.get 0
    i32.load $wasi_vfs::memory
    i32.const 1
    i32.add
    i32.store $wasi_vfs::memory
    local.get 0
    i32.load $wasi_vfs::memory
  )
  (func $wasi_vfs::fd_close (;2;) (type 0) (param i32) (result i32)
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
