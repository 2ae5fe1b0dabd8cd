(module
  (type (;0;) (func (param i32) (result i32)))
  (type (;1;) (func (result i32)))
  (import "wasi_snapshot_preview1" "fd_close" (func (;0;) (type 0)))
  (memory (;0;) 2 10)
  (memory $wasi_vfs::memory (;1;) 2)
  (global (;0;) (mut i32) i32.const 7)
  (export "memory" (memory 0))
  (export "size" (func 1))
  (export "grow" (func 2))
  (export "both" (func 3))
  (func (;1;) (type 1) (result i32)
    memory.size
  )
  (func (;2;) (type 0) (param i32) (result i32)
    local.get 0
    memory.grow
  )
  (func (;3;) (type 1) (result i32)
    i32.const 1
    memory.grow
    i32.const -1
    i32.eq
    if (result i32) ;; label = @1
      unreachable
    else
      memory.size
      i32.const 65536
      i32.mul
    end
  )
  (func $wasi_vfs::count (;4;) (type 0) (param i32) (result i32)
    local.get 0
    local.get 0
    i32.load $wasi_vfs::memory
    i32.const 1
    i32.add
    i32.store $wasi_vfs::memory
    local.get 0
    i32.load $wasi_vfs::memory
  )
  (func $wasi_vfs::fd_close (;5;) (type 0) (param i32) (result i32)
    i32.const 16
    call $wasi_vfs::count
    drop
    local.get 0
    call 0
  )
  (data $wasi_vfs::image (;0;) "")
  (@producers
    (processed-by "wasi-vfs" "VERSION")
  )
)
