(module
  (type (;0;) (func (param i32 i32) (result i32)))
  (type (;1;) (func))
  (type (;2;) (func (param i32) (result i32)))
  (type (;3;) (func (param i32)))
  (import "wasi_snapshot_preview1" "fd_renumber" (func $renumber (;0;) (type 0)))
  (memory (;0;) 1)
  (memory $wasi_vfs::memory (;1;) 2)
  (global $wasi_vfs::stack (;0;) (mut i32) i32.const 131072)
  (export "memory" (memory 0))
  (export "_start" (func 1))
  (func (;1;) (type 1)
    i32.const 3
    i32.const 4
    call $wasi_vfs::fd_renumber
    drop
  )
  (func $wasi_vfs::fd_renumber (;2;) (type 0) (param i32 i32) (result i32)
    local.get 0
    call $"wasi_vfs::errno.52(i32)"
    drop
    local.get 0
    call $"#func4 wasi_vfs::errno.52(i32)"
    global.get $wasi_vfs::stack
    call $"wasi_vfs::errno.52(i32)"
  )
  (func $"wasi_vfs::errno.52(i32)" (;3;) (type 2) (param i32) (result i32)
    i32.const 52
  )
  (func $"#func4 wasi_vfs::errno.52(i32)" (@name "wasi_vfs::errno.52(i32)") (;4;) (type 3) (param i32)
    unreachable
  )
  (data $wasi_vfs::image (;0;) "")
  (@producers
    (processed-by "wasi-vfs" "VERSION")
  )
)
