;; wasi_vfs::link::debug_dropped
;; dropped `.debug_info`, `.debug_line`, `external_debug_info`, `sourceMappingURL`: linking moved the code that it describes
;; help: debug the program unbundled, or compile it without `-gsplit-dwarf`: 32-bit DWARF up to version 5 is always kept
(module
  (type (;0;) (func (param i32) (result i32)))
  (type (;1;) (func))
  (import "wasi_snapshot_preview1" "fd_close" (func $close (;0;) (type 0)))
  (memory (;0;) 3)
  (global $wasi_vfs::pages (;0;) (mut i32) i32.const 1)
  (global $wasi_vfs::base (;1;) (mut i32) i32.const 65536)
  (global $wasi_vfs::region (;2;) (mut i32) i32.const 2)
  (export "memory" (memory 0))
  (export "_start" (func 1))
  (func (;1;) (type 1)
    i32.const 3
    call $wasi_vfs::fd_close
    drop
    i32.const 1
    call $wasi_vfs::memory_grow
    drop
  )
  (func (;2;) (type 1))
  (func (;3;) (type 1))
  (func (;4;) (type 1))
  (func (;5;) (type 1))
  (func (;6;) (type 1))
  (func (;7;) (type 1))
  (func (;8;) (type 1))
  (func (;9;) (type 1))
  (func (;10;) (type 1))
  (func (;11;) (type 1))
  (func (;12;) (type 1))
  (func (;13;) (type 1))
  (func (;14;) (type 1))
  (func (;15;) (type 1))
  (func (;16;) (type 1))
  (func (;17;) (type 1))
  (func (;18;) (type 1))
  (func (;19;) (type 1))
  (func (;20;) (type 1))
  (func (;21;) (type 1))
  (func (;22;) (type 1))
  (func (;23;) (type 1))
  (func (;24;) (type 1))
  (func (;25;) (type 1))
  (func (;26;) (type 1))
  (func (;27;) (type 1))
  (func (;28;) (type 1))
  (func (;29;) (type 1))
  (func (;30;) (type 1))
  (func (;31;) (type 1))
  (func (;32;) (type 1))
  (func (;33;) (type 1))
  (func (;34;) (type 1))
  (func (;35;) (type 1))
  (func (;36;) (type 1))
  (func (;37;) (type 1))
  (func (;38;) (type 1))
  (func (;39;) (type 1))
  (func (;40;) (type 1))
  (func (;41;) (type 1))
  (func (;42;) (type 1))
  (func (;43;) (type 1))
  (func (;44;) (type 1))
  (func (;45;) (type 1))
  (func (;46;) (type 1))
  (func (;47;) (type 1))
  (func (;48;) (type 1))
  (func (;49;) (type 1))
  (func (;50;) (type 1))
  (func (;51;) (type 1))
  (func (;52;) (type 1))
  (func (;53;) (type 1))
  (func (;54;) (type 1))
  (func (;55;) (type 1))
  (func (;56;) (type 1))
  (func (;57;) (type 1))
  (func (;58;) (type 1))
  (func (;59;) (type 1))
  (func (;60;) (type 1))
  (func (;61;) (type 1))
  (func (;62;) (type 1))
  (func (;63;) (type 1))
  (func (;64;) (type 1))
  (func (;65;) (type 1))
  (func (;66;) (type 1))
  (func (;67;) (type 1))
  (func (;68;) (type 1))
  (func (;69;) (type 1))
  (func (;70;) (type 1))
  (func (;71;) (type 1))
  (func (;72;) (type 1))
  (func (;73;) (type 1))
  (func (;74;) (type 1))
  (func (;75;) (type 1))
  (func (;76;) (type 1))
  (func (;77;) (type 1))
  (func (;78;) (type 1))
  (func (;79;) (type 1))
  (func (;80;) (type 1))
  (func (;81;) (type 1))
  (func (;82;) (type 1))
  (func (;83;) (type 1))
  (func (;84;) (type 1))
  (func (;85;) (type 1))
  (func (;86;) (type 1))
  (func (;87;) (type 1))
  (func (;88;) (type 1))
  (func (;89;) (type 1))
  (func (;90;) (type 1))
  (func (;91;) (type 1))
  (func (;92;) (type 1))
  (func (;93;) (type 1))
  (func (;94;) (type 1))
  (func (;95;) (type 1))
  (func (;96;) (type 1))
  (func (;97;) (type 1))
  (func (;98;) (type 1))
  (func (;99;) (type 1))
  (func (;100;) (type 1))
  (func (;101;) (type 1))
  (func (;102;) (type 1))
  (func (;103;) (type 1))
  (func (;104;) (type 1))
  (func (;105;) (type 1))
  (func (;106;) (type 1))
  (func (;107;) (type 1))
  (func (;108;) (type 1))
  (func (;109;) (type 1))
  (func (;110;) (type 1))
  (func (;111;) (type 1))
  (func (;112;) (type 1))
  (func (;113;) (type 1))
  (func (;114;) (type 1))
  (func (;115;) (type 1))
  (func (;116;) (type 1))
  (func (;117;) (type 1))
  (func (;118;) (type 1))
  (func (;119;) (type 1))
  (func (;120;) (type 1))
  (func (;121;) (type 1))
  (func (;122;) (type 1))
  (func (;123;) (type 1))
  (func (;124;) (type 1))
  (func (;125;) (type 1))
  (func (;126;) (type 1))
  (func (;127;) (type 1))
  (func (;128;) (type 1))
  (func (;129;) (type 1))
  (func $wasi_vfs::count (;130;) (type 0) (param i32) (result i32)
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
  (func $wasi_vfs::fd_close (;131;) (type 0) (param i32) (result i32)
    i32.const 16
    call $wasi_vfs::count
    drop
    local.get 0
    call $close
  )
  (func $wasi_vfs::memory_grow (;132;) (type 0) (param i32) (result i32)
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
  (@custom "build_id" (after data) "\01x")
  (@producers
    (processed-by "wasi-vfs" "VERSION")
  )
)
