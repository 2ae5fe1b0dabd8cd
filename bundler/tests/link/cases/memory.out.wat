(module
  (type (;0;) (func (param i32) (result i32)))
  (type (;1;) (func (result i32)))
  (import "wasi_snapshot_preview1" "fd_close" (func (;0;) (type 0)))
  (memory (;0;) 4 14)
  (global (;0;) (mut i32) i32.const 7)
  (global $wasi_vfs::pages (;1;) (mut i32) i32.const 2)
  (global $wasi_vfs::base (;2;) (mut i32) i32.const 131072)
  (global $wasi_vfs::region (;3;) (mut i32) i32.const 2)
  (export "memory" (memory 0))
  (export "size" (func 1))
  (export "grow" (func 2))
  (export "both" (func 3))
  (func (;1;) (type 1) (result i32)
    global.get $wasi_vfs::pages
  )
  (func (;2;) (type 0) (param i32) (result i32)
    local.get 0
    call $wasi_vfs::memory_grow
  )
  (func (;3;) (type 1) (result i32)
    i32.const 1
    call $wasi_vfs::memory_grow
    i32.const -1
    i32.eq
    if (result i32) ;; label = @1
      unreachable
    else
      global.get $wasi_vfs::pages
      i32.const 65536
      i32.mul
    end
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
    call 0
  )
  (func $wasi_vfs::memory_grow (;6;) (type 0) (param i32) (result i32)
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
    i32.const 10
    i32.gt_u
    local.get 2
    local.get 0
    i32.add
    local.tee 1
    i32.const 10
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
