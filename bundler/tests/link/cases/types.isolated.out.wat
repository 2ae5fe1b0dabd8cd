(module
  (rec
    (type $a (;0;) (func (param i32) (result i32)))
    (type $b (;1;) (struct (field (ref null $a))))
  )
  (type $c (;2;) (sub (func (param i32) (result i32))))
  (type $close (;3;) (func (param i32) (result i32)))
  (type (;4;) (func))
  (import "wasi_snapshot_preview1" "fd_close" (func $fd_close (;0;) (type $close)))
  (memory (;0;) 1)
  (memory $wasi_vfs::memory (;1;) 2)
  (export "memory" (memory 0))
  (export "_start" (func 1))
  (func (;1;) (type 4)
    i32.const 1
    memory.grow
    call $wasi_vfs::fd_close
    drop
  )
  (func $wasi_vfs::count (;2;) (type $close) (param i32) (result i32)
    local.get 0
    local.get 0
    i32.load $wasi_vfs::memory
    i32.const 1
    i32.add
    i32.store $wasi_vfs::memory
    local.get 0
    i32.load $wasi_vfs::memory
  )
  (func $wasi_vfs::fd_close (;3;) (type $close) (param i32) (result i32)
    i32.const 16
    call $wasi_vfs::count
    drop
    local.get 0
    call $fd_close
  )
  (data $wasi_vfs::image (;0;) "")
  (@producers
    (processed-by "wasi-vfs" "VERSION")
  )
)
