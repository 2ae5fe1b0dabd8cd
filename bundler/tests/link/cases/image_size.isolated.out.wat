(module
  (type (;0;) (func (param i32 i32) (result i32)))
  (type (;1;) (func))
  (import "wasi_snapshot_preview1" "fd_tell" (func $tell (;0;) (type 0)))
  (memory (;0;) 1)
  (memory $wasi_vfs::memory (;1;) 2)
  (export "memory" (memory 0))
  (export "_start" (func 1))
  (func (;1;) (type 1)
    i32.const 3
    i32.const 4
    call $wasi_vfs::fd_tell
    drop
  )
  (func $wasi_vfs::fd_tell (;2;) (type 0) (param i32 i32) (result i32)
    local.get 1
    i32.const 0
    i32.store align=1
    i32.const 0
  )
  (data $wasi_vfs::image (;0;) "")
  (@producers
    (processed-by "wasi-vfs" "VERSION")
  )
)
