(module
  (rec
    (type $a (;0;) (func (param i32) (result i32)))
    (type $b (;1;) (struct (field (ref null $a))))
  )
  (type $c (;2;) (sub (func (param i32) (result i32))))
  (type $close (;3;) (func (param i32) (result i32)))
  (type (;4;) (func))
  (import "wasi_snapshot_preview1" "fd_close" (func $fd_close (;0;) (type $close)))
  (memory (;0;) 3)
  (global $wasi_vfs::pages (;0;) (mut i32) i32.const 1)
  (global $wasi_vfs::base (;1;) (mut i32) i32.const 65536)
  (global $wasi_vfs::region (;2;) (mut i32) i32.const 2)
  (export "memory" (memory 0))
  (export "_start" (func 1))
  (func (;1;) (type 4)
    i32.const 1
    call $wasi_vfs::memory_grow
    call $wasi_vfs::fd_close
    drop
  )
  (func $wasi_vfs::count (;2;) (type $close) (param i32) (result i32)
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
  (func $wasi_vfs::fd_close (;3;) (type $close) (param i32) (result i32)
    i32.const 16
    call $wasi_vfs::count
    drop
    local.get 0
    call $fd_close
  )
  (func $wasi_vfs::memory_grow (;4;) (type $close) (param i32) (result i32)
    (local i32 i32)
    local.get 0
    i32.eqz
    if ;; label = @1
      global.get $wasi_vfs::pages
      return
    end
    global.get $wasi_vfs::pages
    local.set 2
    memory.size
    global.get $wasi_vfs::base
    i32.const 16
    i32.shr_u
    global.get $wasi_vfs::region
    i32.add
    i32.ne
    if ;; label = @1
      memory.size
      local.set 2
    end
    local.get 0
    i32.const 65536
    i32.gt_u
    local.get 2
    local.get 0
    i32.add
    local.tee 1
    i32.const 65536
    i32.gt_u
    i32.or
    if ;; label = @1
      i32.const -1
      return
    end
    local.get 1
    global.get $wasi_vfs::region
    i32.add
    memory.size
    i32.sub
    memory.grow
    i32.const -1
    i32.eq
    if ;; label = @1
      i32.const -1
      return
    end
    local.get 1
    i32.const 16
    i32.shl
    global.get $wasi_vfs::base
    global.get $wasi_vfs::region
    i32.const 16
    i32.shl
    memory.copy
    global.get $wasi_vfs::base
    i32.const 0
    local.get 1
    global.get $wasi_vfs::base
    i32.const 16
    i32.shr_u
    i32.sub
    local.tee 0
    global.get $wasi_vfs::region
    local.get 0
    global.get $wasi_vfs::region
    i32.lt_u
    select
    i32.const 16
    i32.shl
    memory.fill
    local.get 1
    i32.const 16
    i32.shl
    global.set $wasi_vfs::base
    local.get 1
    global.set $wasi_vfs::pages
    local.get 2
  )
  (data $wasi_vfs::image (;0;) "")
  (@producers
    (processed-by "wasi-vfs" "VERSION")
  )
)
