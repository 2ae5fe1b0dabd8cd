(module $program
  (@custom "first" (before first) "at the very front")
  (type $unary (;0;) (func (param i32) (result i32)))
  (type (;1;) (func (param i32)))
  (import "wasi_snapshot_preview1" "fd_close" (func $close (;0;) (type $unary)))
  (@custom "middle" (after import) "between")
  (table $table (;0;) 1 funcref)
  (memory $memory (;0;) 3)
  (global $global (;0;) i32 i32.const 1)
  (global $wasi_vfs::pages (;1;) (mut i32) i32.const 1)
  (global $wasi_vfs::base (;2;) (mut i32) i32.const 65536)
  (global $wasi_vfs::region (;3;) (mut i32) i32.const 2)
  (export "memory" (memory $memory))
  (elem $elements (;0;) func $main)
  (func $main (;1;) (type 1) (param $argument i32)
    (local $local i32)
    block $label
      local.get $argument
      call $wasi_vfs::fd_close
      br_if $label
    end
  )
  (func $wasi_vfs::count (;2;) (type $unary) (param i32) (result i32)
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
  (func $wasi_vfs::fd_close (;3;) (type $unary) (param i32) (result i32)
    i32.const 16
    call $wasi_vfs::count
    drop
    local.get 0
    call $close
  )
  (data $data (;0;) (i32.const 0) "x")
  (data $wasi_vfs::image (;1;) "")
  (@custom "target_features" (after data) "\03+\0fmutable-globals+\08sign-ext+\0bbulk-memory")
  (@custom "last" (after data) "at the end")
  (@producers
    (language "C" "11")
    (processed-by "clang" "19.1.7")
    (processed-by "wasi-vfs" "VERSION")
  )
)
