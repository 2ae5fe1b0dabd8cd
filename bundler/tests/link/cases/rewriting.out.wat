(module
  (type (;0;) (func (param i32 i32) (result i32)))
  (type (;1;) (func))
  (type (;2;) (func (param i32)))
  (type (;3;) (func (param i32 f32)))
  (type (;4;) (func (result i32)))
  (type (;5;) (func (param i32 i32 i32)))
  (type (;6;) (func (param i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_read" (func $read (;0;) (type 0)))
  (memory (;0;) 4)
  (global $wasi_vfs::pages (;0;) (mut i32) i32.const 3)
  (global $wasi_vfs::base (;1;) (mut i32) i32.const 196608)
  (global $wasi_vfs::region (;2;) (mut i32) i32.const 1)
  (global $wasi_vfs::stack (;3;) (mut i32) i32.const 4096)
  (global $wasi_vfs::constant (;4;) i64 i64.const -1)
  (export "memory" (memory 0))
  (export "_start" (func 1))
  (func (;1;) (type 1)
    i32.const 0
    i32.const 1
    call $wasi_vfs::fd_read
    drop
  )
  (func $wasi_vfs::loads (;2;) (type 2) (param i32)
    local.get 0
    global.get $wasi_vfs::base
    i32.add
    i32.load
    drop
    local.get 0
    global.get $wasi_vfs::base
    i32.add
    i32.load offset=8
    drop
    global.get $wasi_vfs::base
    i64.load offset=24
    drop
    i32.const -8
    global.get $wasi_vfs::base
    i32.add
    i32.load8_u offset=8
    drop
    global.get $wasi_vfs::base
    i32.load8_u offset=4294967295
    drop
    local.get 0
    i32.const 2
    i32.add
    global.get $wasi_vfs::base
    i32.add
    i32.load16_s
    drop
    block (result i32) ;; label = @1
      i32.const 8
    end
    global.get $wasi_vfs::base
    i32.add
    f64.load
    drop
    global.get $wasi_vfs::base
    i32.load offset=4
    global.get $wasi_vfs::base
    i32.add
    i32.load
    drop
  )
  (func $wasi_vfs::stores (;3;) (type 3) (param i32 f32)
    (local i64 i32 f32)
    local.get 0
    global.get $wasi_vfs::base
    i32.add
    i32.const 1
    i32.store
    global.get $wasi_vfs::base
    local.get 2
    i64.store offset=24
    local.get 0
    global.get $wasi_vfs::base
    i32.add
    local.get 0
    global.get $wasi_vfs::base
    i32.add
    i32.load8_u
    i32.store8
    i32.const 24
    global.get $wasi_vfs::base
    i32.add
    global.get $wasi_vfs::base
    i64.load offset=32
    i64.store32
    local.get 0
    global.get $wasi_vfs::base
    i32.add
    local.get 1
    f32.neg
    f32.store
    i32.const -1
    global.get $wasi_vfs::base
    i32.add
    i32.const 2
    i32.store16 offset=1
    i32.const 3
    local.tee 0
    global.get $wasi_vfs::base
    i32.add
    global.get $wasi_vfs::stack
    i32.store
    i32.const 3
    global.get $wasi_vfs::base
    i32.add
    i32.const 5
    local.tee 0
    i32.store
    block ;; label = @1
      global.get $wasi_vfs::base
      i32.const 0
      i32.store
    end
    local.get 0
    block (result i32) ;; label = @1
      i32.const 4
    end
    local.set 3
    global.get $wasi_vfs::base
    i32.add
    local.get 3
    i32.store
    local.get 0
    block (result f32) ;; label = @1
      local.get 1
    end
    local.set 4
    global.get $wasi_vfs::base
    i32.add
    local.get 4
    f32.store
    local.get 0
    global.get $wasi_vfs::base
    i32.add
    local.get 0
    i64.load align=1
    i64.store
    call $wasi_vfs::grown
    call $wasi_vfs::grown
    local.set 3
    global.get $wasi_vfs::base
    i32.add
    local.get 3
    i32.store
    call $wasi_vfs::grown
    global.get $wasi_vfs::base
    i32.add
    i32.const 6
    i32.store
  )
  (func $wasi_vfs::grown (;4;) (type 4) (result i32)
    i32.const 1
    call $wasi_vfs::region_grow
  )
  (func $wasi_vfs::bulk (;5;) (type 5) (param i32 i32 i32)
    (local i32 i32)
    local.get 0
    global.get $wasi_vfs::base
    i32.add
    local.get 1
    global.get $wasi_vfs::base
    i32.add
    local.get 2
    memory.copy
    local.get 0
    global.get $wasi_vfs::base
    i32.add
    i32.const 0
    local.get 2
    memory.fill
    local.get 0
    global.get $wasi_vfs::base
    i32.add
    local.get 1
    global.get $wasi_vfs::base
    i32.add
    i32.load
    local.get 2
    memory.fill
    local.get 0
    local.get 1
    block (result i32) ;; label = @1
      local.get 2
    end
    local.set 3
    local.set 4
    global.get $wasi_vfs::base
    i32.add
    local.get 4
    global.get $wasi_vfs::base
    i32.add
    local.get 3
    memory.copy
    call $wasi_vfs::grown
    local.get 1
    local.get 2
    i32.const 1
    i32.add
    local.set 3
    local.set 4
    global.get $wasi_vfs::base
    i32.add
    local.get 4
    global.get $wasi_vfs::base
    i32.add
    local.get 3
    memory.copy
    local.get 0
    block (result i32) ;; label = @1
      i32.const 0
    end
    local.get 2
    local.set 3
    local.set 4
    global.get $wasi_vfs::base
    i32.add
    local.get 4
    local.get 3
    memory.fill
    global.get $wasi_vfs::region
    drop
    i32.const 1
    call $wasi_vfs::region_grow
    drop
    global.get $wasi_vfs::stack
    global.get $wasi_vfs::constant
    i32.wrap_i64
    i32.sub
    global.set $wasi_vfs::stack
  )
  (func $wasi_vfs::program (;6;) (type 5) (param i32 i32 i32)
    local.get 0
    local.get 1
    i32.load8_u
    i32.store8
    local.get 0
    local.get 1
    i32.load align=1
    i32.store16 align=1
    local.get 0
    i32.const 0
    i32.store align=1
    local.get 0
    i32.const 1
    i32.store align=1
    local.get 0
    local.get 1
    i64.load align=1
    i64.store align=1
    local.get 0
    global.get $wasi_vfs::base
    i32.add
    local.get 1
    local.get 2
    memory.copy
    local.get 0
    global.get $wasi_vfs::base
    i32.add
    local.get 1
    global.get $wasi_vfs::pages
    memory.copy
    local.get 0
    local.get 1
    global.get $wasi_vfs::base
    i32.add
    local.get 2
    memory.copy
    local.get 0
    local.get 1
    global.get $wasi_vfs::base
    i32.add
    i32.const 0
    memory.copy
    local.get 0
    local.get 1
    local.get 2
    memory.init $wasi_vfs::image
    local.get 0
    global.get $wasi_vfs::base
    i32.add
    local.get 1
    local.get 2
    memory.init $wasi_vfs::image
    local.get 0
    global.get $wasi_vfs::base
    i32.add
    local.get 1
    i32.const 1
    i32.add
    local.get 2
    memory.init $wasi_vfs::image
  )
  (func $wasi_vfs::fd_read (;7;) (type 0) (param i32 i32) (result i32)
    local.get 0
    call $wasi_vfs::loads
    local.get 0
    f32.const 0x1p+0 (;=1;)
    call $wasi_vfs::stores
    local.get 0
    local.get 1
    i32.const 1
    call $wasi_vfs::bulk
    local.get 0
    local.get 1
    i32.const 1
    call $wasi_vfs::program
    i32.const 0
  )
  (func $wasi_vfs::region_grow (;8;) (type 6) (param i32) (result i32)
    (local i32 i32)
    global.get $wasi_vfs::base
    i32.const 16
    i32.shr_u
    local.set 1
    memory.size
    global.get $wasi_vfs::base
    i32.const 16
    i32.shr_u
    global.get $wasi_vfs::region
    i32.add
    i32.ne
    if ;; label = @1
      memory.size
      local.set 1
    end
    local.get 0
    i32.const 65536
    i32.gt_u
    if ;; label = @1
      i32.const -1
      return
    end
    local.get 1
    local.get 0
    i32.add
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
    global.get $wasi_vfs::base
    i32.const 16
    i32.shr_u
    i32.ne
    if ;; label = @1
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
      local.tee 2
      global.get $wasi_vfs::region
      local.get 2
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
    end
    global.get $wasi_vfs::region
    global.get $wasi_vfs::region
    local.get 0
    i32.add
    global.set $wasi_vfs::region
  )
  (data (;0;) (i32.const 0) "program")
  (data (;1;) (i32.const 196672) "own data")
  (data $wasi_vfs::image (;2;) "")
  (@producers
    (processed-by "wasi-vfs" "VERSION")
  )
)
