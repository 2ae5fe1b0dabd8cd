(module
  (type (;0;) (func (param i32 i32) (result i32)))
  (type (;1;) (func (param i32)))
  (type (;2;) (func))
  (type (;3;) (func (param i32 f32)))
  (type (;4;) (func (result i32)))
  (type (;5;) (func (param i32 i32 i32)))
  (import "wasi_unstable" "fd_read" (func $read (;0;) (type 0)))
  (import "wasi_unstable" "proc_exit" (func $exit (;1;) (type 1)))
  (memory (;0;) 1)
  (memory $wasi_vfs::memory (;1;) 1)
  (global $wasi_vfs::stack (;0;) (mut i32) i32.const 4096)
  (global $wasi_vfs::constant (;1;) i64 i64.const -1)
  (export "memory" (memory 0))
  (export "_start" (func 2))
  (func (;2;) (type 2)
    i32.const 1
    i32.const 2
    call $wasi_vfs::fd_read
    call $exit
  )
  (func $wasi_vfs::loads (;3;) (type 1) (param i32)
    local.get 0
    i32.load $wasi_vfs::memory
    drop
    local.get 0
    i32.load $wasi_vfs::memory offset=8
    drop
    i32.const 16
    i64.load $wasi_vfs::memory offset=8
    drop
    i32.const -8
    i32.load8_u $wasi_vfs::memory offset=8
    drop
    i32.const -8
    i32.load8_u $wasi_vfs::memory offset=7
    drop
    local.get 0
    i32.const 2
    i32.add
    i32.load16_s $wasi_vfs::memory
    drop
    block (result i32) ;; label = @1
      i32.const 8
    end
    f64.load $wasi_vfs::memory
    drop
    i32.const 4
    i32.load $wasi_vfs::memory
    i32.load $wasi_vfs::memory
    drop
  )
  (func $wasi_vfs::stores (;4;) (type 3) (param i32 f32)
    (local i64)
    local.get 0
    i32.const 1
    i32.store $wasi_vfs::memory
    i32.const 16
    local.get 2
    i64.store $wasi_vfs::memory offset=8
    local.get 0
    local.get 0
    i32.load8_u $wasi_vfs::memory
    i32.store8 $wasi_vfs::memory
    i32.const 24
    i32.const 32
    i64.load $wasi_vfs::memory
    i64.store32 $wasi_vfs::memory
    local.get 0
    local.get 1
    f32.neg
    f32.store $wasi_vfs::memory
    i32.const -1
    i32.const 2
    i32.store16 $wasi_vfs::memory offset=1
    i32.const 3
    local.tee 0
    global.get $wasi_vfs::stack
    i32.store $wasi_vfs::memory
    i32.const 3
    i32.const 5
    local.tee 0
    i32.store $wasi_vfs::memory
    block ;; label = @1
      i32.const 0
      i32.const 0
      i32.store $wasi_vfs::memory
    end
    local.get 0
    block (result i32) ;; label = @1
      i32.const 4
    end
    i32.store $wasi_vfs::memory
    local.get 0
    block (result f32) ;; label = @1
      local.get 1
    end
    f32.store $wasi_vfs::memory
    local.get 0
    local.get 0
    i64.load align=1
    i64.store $wasi_vfs::memory
    call $wasi_vfs::grown
    call $wasi_vfs::grown
    i32.store $wasi_vfs::memory
    call $wasi_vfs::grown
    i32.const 6
    i32.store $wasi_vfs::memory
  )
  (func $wasi_vfs::grown (;5;) (type 4) (result i32)
    i32.const 1
    memory.grow $wasi_vfs::memory
  )
  (func $wasi_vfs::bulk (;6;) (type 5) (param i32 i32 i32)
    local.get 0
    local.get 1
    local.get 2
    memory.copy $wasi_vfs::memory $wasi_vfs::memory
    local.get 0
    i32.const 0
    local.get 2
    memory.fill $wasi_vfs::memory
    local.get 0
    local.get 1
    i32.load $wasi_vfs::memory
    local.get 2
    memory.fill $wasi_vfs::memory
    local.get 0
    local.get 1
    block (result i32) ;; label = @1
      local.get 2
    end
    memory.copy $wasi_vfs::memory $wasi_vfs::memory
    call $wasi_vfs::grown
    local.get 1
    local.get 2
    i32.const 1
    i32.add
    memory.copy $wasi_vfs::memory $wasi_vfs::memory
    local.get 0
    block (result i32) ;; label = @1
      i32.const 0
    end
    local.get 2
    memory.fill $wasi_vfs::memory
    memory.size $wasi_vfs::memory
    drop
    i32.const 1
    memory.grow $wasi_vfs::memory
    drop
    global.get $wasi_vfs::stack
    global.get $wasi_vfs::constant
    i32.wrap_i64
    i32.sub
    global.set $wasi_vfs::stack
  )
  (func $wasi_vfs::program (;7;) (type 5) (param i32 i32 i32)
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
    i32.const 0
    i32.store align=1
    local.get 0
    local.get 1
    i64.load align=1
    i64.store align=1
    local.get 0
    local.get 1
    local.get 2
    memory.copy $wasi_vfs::memory 0
    local.get 0
    local.get 1
    memory.size
    memory.copy $wasi_vfs::memory 0
    local.get 0
    local.get 1
    local.get 2
    memory.copy 0 $wasi_vfs::memory
    local.get 0
    local.get 1
    i32.const 0
    memory.copy 0 $wasi_vfs::memory
    local.get 0
    local.get 1
    local.get 2
    memory.init $wasi_vfs::image
    local.get 0
    local.get 1
    local.get 2
    memory.init $wasi_vfs::memory $wasi_vfs::image
    local.get 0
    local.get 1
    i32.const 1
    i32.add
    local.get 2
    memory.init $wasi_vfs::memory $wasi_vfs::image
  )
  (func $wasi_vfs::fd_read (;8;) (type 0) (param i32 i32) (result i32)
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
  (data (;0;) (memory $wasi_vfs::memory) (i32.const 64) "own data")
  (data $wasi_vfs::image (;1;) "")
  (@producers
    (processed-by "wasi-vfs" "VERSION")
  )
)
